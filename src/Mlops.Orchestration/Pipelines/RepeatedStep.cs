using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A step that is repeated until its result will do. As an input, it is the result of the last round.</summary>
/// <typeparam name="T">The type of each round's result.</typeparam>
public sealed class RepeatedStep<T> : StepInput<T>
{
    private readonly RepeatNode<T> _node;

    internal RepeatedStep(GraphDraft draft, RepeatNode<T> node)
        : base(draft, node) => _node = node;

    internal JsonTypeInfo<T> TypeInfo => _node.TypeInfo;

    /// <summary>Replaces the pipeline's retry policy for each round.</summary>
    public RepeatedStep<T> WithRetry(RetryPolicy retry)
    {
        _node.Template.SetRetry(retry);
        return this;
    }

    /// <summary>Limits one attempt of each round.</summary>
    /// <param name="timeout">More than 0, at most 49 days.</param>
    public RepeatedStep<T> WithTimeout(TimeSpan timeout)
    {
        _node.Template.SetTimeout(timeout);
        return this;
    }

    /// <summary>Each round runs only while the pool has a free slot. See <see cref="Step{T}.InPool"/>.</summary>
    /// <param name="pool">1 to 128 of letters, digits, '.', '_' and '-'.</param>
    public RepeatedStep<T> InPool(string pool)
    {
        _node.Template.SetPool(Draft, pool);
        return this;
    }

    /// <summary>Takes over rounds of earlier runs. See <see cref="Step{T}.WithCache"/>.</summary>
    /// <param name="policy">Null for the defaults.</param>
    public RepeatedStep<T> WithCache(CachePolicy? policy = null)
    {
        _node.Template.SetCache(Draft, policy ?? new CachePolicy());
        return this;
    }

    /// <summary>Checks the result of each round. See <see cref="Step{T}.WithCheck(string, Func{T, bool}, CheckSeverity)"/>.</summary>
    public RepeatedStep<T> WithCheck(string name, Func<T, bool> passes, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, (StepNode<T>)_node.Template, name, passes, severity);
        return this;
    }

    /// <summary>Checks the result of each round. See <see cref="Step{T}.WithCheck(string, Func{T, string}, CheckSeverity)"/>.</summary>
    public RepeatedStep<T> WithCheck(string name, Func<T, string?> findProblem, CheckSeverity severity = CheckSeverity.Block)
    {
        StepCheck<T>.Add(Draft, (StepNode<T>)_node.Template, name, findProblem, severity);
        return this;
    }

    internal override T Read(StepAttempt attempt) => attempt.Read(Node.Key, TypeInfo);
}
