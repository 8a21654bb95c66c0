namespace Mlops.Orchestration;

/// <summary>
/// The steps that a <c>ForEach</c> makes, one per item. As an input it is the list of all their results, in the order of the items:
/// the step that takes it runs once all of them have succeeded.
/// </summary>
/// <typeparam name="T">The type of each result.</typeparam>
public sealed class Steps<T> : StepInput<IReadOnlyList<T>>
{
    internal Steps(GraphDraft draft, ExpandNode expand, StepNode<T> template)
        : base(draft, expand)
    {
        Template = template;
    }

    internal StepNode<T> Template { get; }

    /// <summary>Replaces the pipeline's retry policy for each of the steps.</summary>
    public Steps<T> WithRetry(RetryPolicy retry)
    {
        Template.SetRetry(retry);
        return this;
    }

    /// <summary>Limits one attempt of each of the steps.</summary>
    public Steps<T> WithTimeout(TimeSpan timeout)
    {
        Template.SetTimeout(timeout);
        return this;
    }

    internal override IReadOnlyList<T> Read(StepAttempt attempt) => attempt.ReadAll(Node.Key, Template.TypeInfo);
}
