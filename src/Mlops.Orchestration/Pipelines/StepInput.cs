namespace Mlops.Orchestration;

/// <summary>Something a step can take as input.</summary>
public abstract class StepInput
{
    private protected StepInput(GraphDraft draft, PipelineNode node)
    {
        Draft = draft;
        Node = node;
    }

    /// <summary>The name it was declared with.</summary>
    public string Name => Node.Key;

    internal GraphDraft Draft { get; }

    /// <summary>The node whose completion the input waits for first.</summary>
    internal PipelineNode Node { get; }
}

/// <summary>An input whose value is a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The type of the value the step receives.</typeparam>
public abstract class StepInput<T> : StepInput
{
    private protected StepInput(GraphDraft draft, PipelineNode node)
        : base(draft, node)
    {
    }

    internal abstract T Read(StepAttempt attempt);
}
