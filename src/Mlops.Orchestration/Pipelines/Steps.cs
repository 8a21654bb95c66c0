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
    /// <param name="timeout">More than 0, at most 49 days.</param>
    public Steps<T> WithTimeout(TimeSpan timeout)
    {
        Template.SetTimeout(timeout);
        return this;
    }

    /// <summary>Each of the steps runs only while the pool has a free slot. See <see cref="Step{T}.InPool"/>.</summary>
    /// <param name="pool">1 to 128 of letters, digits, '.', '_' and '-'.</param>
    public Steps<T> InPool(string pool)
    {
        Template.SetPool(Draft, pool);
        return this;
    }

    /// <summary>Limits how many of the steps run at once within one run.</summary>
    /// <param name="steps">At least 1.</param>
    public Steps<T> WithMaximumParallel(int steps)
    {
        Template.SetMaximumParallel(Draft, steps);
        return this;
    }

    /// <summary>
    /// Takes over the result of an earlier step of the group with the same code, parameters, inputs and environment, from any run of the pipeline, instead
    /// of running. A result with artifacts is taken over only if all of them are there and undamaged. Of several attempts with one key at
    /// once, one runs and the others wait for it in their slots.
    /// </summary>
    /// <param name="policy">Null for the defaults.</param>
    public Steps<T> WithCache(CachePolicy? policy = null)
    {
        Template.SetCache(Draft, policy ?? new CachePolicy());
        return this;
    }

    /// <summary>Looks at the result of each of the steps. See <see cref="Step{T}.WithCheck(string, Func{T, bool}, CheckSeverity)"/>.</summary>
    public Steps<T> WithCheck(string name, Func<T, bool> passes, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, Template, name, passes, severity);
        return this;
    }

    /// <summary>Looks at the result of each of the steps. See <see cref="Step{T}.WithCheck(string, Func{T, string}, CheckSeverity)"/>.</summary>
    public Steps<T> WithCheck(string name, Func<T, string?> findProblem, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, Template, name, findProblem, severity);
        return this;
    }

    internal override IReadOnlyList<T> Read(StepAttempt attempt) => attempt.ReadAll(Node.Key, Template.TypeInfo);
}
