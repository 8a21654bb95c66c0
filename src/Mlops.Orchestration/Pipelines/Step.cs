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
    /// <param name="timeout">More than 0, at most 49 days.</param>
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

    /// <summary>
    /// Looks at the result before it is committed. A check that blocks fails the step for good, without a further attempt; the result is kept
    /// aside. What a check throws counts like what the step throws. A result from the cache is not checked again: the cache knows the names of
    /// checks, and their code counts as code of the step.
    /// </summary>
    /// <param name="name">Unique in the step: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="passes">Whether the result is as it should be.</param>
    /// <param name="severity">What follows when it is not.</param>
    public Step<T> WithCheck(string name, Func<T, bool> passes, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, (StepNode<T>)Node, name, passes, severity);
        return this;
    }

    /// <summary>
    /// Looks at the result before it is committed. A check that blocks fails the step for good, without a further attempt; the result is kept
    /// aside. What a check throws counts like what the step throws. A result from the cache is not checked again: the cache knows the names of
    /// checks, and their code counts as code of the step.
    /// </summary>
    /// <param name="name">Unique in the step: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="findProblem">Says what is wrong with the result; null when nothing is. Cut to 2 000 characters and stored.</param>
    /// <param name="severity">What follows when it is not.</param>
    public Step<T> WithCheck(string name, Func<T, string?> findProblem, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, (StepNode<T>)Node, name, findProblem, severity);
        return this;
    }

    internal override T Read(StepAttempt attempt) => attempt.Read(Node.Key, TypeInfo);
}
