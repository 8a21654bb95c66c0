using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A step of a pipeline, and its result as an input of later steps.</summary>
/// <typeparam name="T">The type of its result.</typeparam>
public sealed class Step<T> : StepInput<T>
{
    internal Step(GraphDraft draft, StepNode<T> node)
        : base(draft, node)
    {
    }

    internal JsonTypeInfo<T> TypeInfo => ((StepNode<T>)Node).TypeInfo;

    /// <summary>Replaces the pipeline's retry policy for this step.</summary>
    public Step<T> WithRetry(RetryPolicy retry)
    {
        Node.SetRetry(retry);
        return this;
    }

    /// <summary>Limits one attempt; when it is over, the attempt counts as failed and its token fires.</summary>
    public Step<T> WithTimeout(TimeSpan timeout)
    {
        Node.SetTimeout(timeout);
        return this;
    }

    internal override T Read(StepAttempt attempt) => attempt.Read(Node.Key, TypeInfo);
}
