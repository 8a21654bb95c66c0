namespace Mlops.Orchestration;

public sealed partial class PipelineBuilder<TParameters>
{
    /// <summary>Steps that run only if a result is of a kind. The decision is made once per run and stored with it.</summary>
    /// <param name="input">The result to decide on.</param>
    /// <param name="predicate">True takes the <c>Then</c> branch, false the <c>Else</c> branch.</param>
    public PipelineCondition<TParameters> When<T>(StepInput<T> input, Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(predicate);
        string name = _draft.NameCondition(input.Name);
        _draft.RequireInputs(name, [input], _branch);
        var node = new ConditionNode<T>(name, _branch, input, predicate);
        _draft.Add(node, _scope);
        return new PipelineCondition<TParameters>(this, _draft, node, _branch);
    }
}
