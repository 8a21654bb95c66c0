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

    /// <summary>
    /// Runs only while the pool has a free slot; <see cref="Pipelines.SetPoolAsync"/> says how many there are, over all pipelines, runs and
    /// processes on the database. A pool that nobody has set has one.
    /// </summary>
    /// <param name="pool">1 to 128 of letters, digits, '.', '_' and '-'.</param>
    public Step<T> InPool(string pool)
    {
        Node.SetPool(Draft, pool);
        return this;
    }

    /// <summary>
    /// Takes over the result of an earlier step with the same code, parameters, inputs and environment, from any run of the pipeline, instead
    /// of running. A result with artifacts is taken over only if all of them are there and undamaged. Of several attempts with one key at
    /// once, one runs and the others wait for it in their slots.
    /// </summary>
    /// <param name="policy">Null for the defaults.</param>
    public Step<T> WithCache(CachePolicy? policy = null)
    {
        Node.SetCache(Draft, policy ?? new CachePolicy());
        return this;
    }

    internal override T Read(StepAttempt attempt) => attempt.Read(Node.Key, TypeInfo);
}
