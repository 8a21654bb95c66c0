namespace Mlops.Orchestration;

/// <summary>The two branches of a decision. Handles declared inside a branch are not known outside it.</summary>
/// <typeparam name="TParameters">What a run is started with.</typeparam>
public sealed class PipelineCondition<TParameters>
{
    private readonly PipelineBuilder<TParameters> _builder;
    private readonly GraphDraft _draft;
    private readonly ConditionNode _node;
    private readonly Branch? _parent;

    internal PipelineCondition(PipelineBuilder<TParameters> builder, GraphDraft draft, ConditionNode node, Branch? parent)
    {
        _builder = builder;
        _draft = draft;
        _node = node;
        _parent = parent;
    }

    /// <summary>Declares the steps that run when the predicate holds.</summary>
    public PipelineCondition<TParameters> Then(Action<PipelineBuilder<TParameters>> define) => Declare(define, whenTrue: true);

    /// <summary>Declares the steps that run when the predicate does not hold.</summary>
    public PipelineCondition<TParameters> Else(Action<PipelineBuilder<TParameters>> define) => Declare(define, whenTrue: false);

    private PipelineCondition<TParameters> Declare(Action<PipelineBuilder<TParameters>> define, bool whenTrue)
    {
        ArgumentNullException.ThrowIfNull(define);
        define(_builder.In(_draft.OpenBranch(_node, whenTrue, _parent)));
        return this;
    }
}
