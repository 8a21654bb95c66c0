namespace Mlops.Serving;

/// <summary>What one call may ask for beside its inputs. The default asks for nothing.</summary>
public readonly record struct PredictionOptions
{
    /// <summary>
    /// Who the call is for, such as a user's id: calls of one key go to one variant of a rollout. Without one the call is not evidence in a
    /// rollout. Never stored or logged in clear.
    /// </summary>
    public string? RoutingKey { get; init; }

    /// <summary>
    /// How long the caller waits, from the call on; positive. A call that cannot be answered by then is refused
    /// (<see cref="ModelOverloadedException"/>) or given up (<see cref="PredictionTimeoutException"/>). <c>null</c>: the model's
    /// <see cref="ModelOptions.Timeout"/>.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Which calls go first when calls wait; <see cref="PredictionPriority.Normal"/> by default.</summary>
    public PredictionPriority Priority { get; init; }

    /// <summary>Asks for one version by its number instead of the one that routing chooses; it must be loaded.</summary>
    public long? Version { get; init; }
}

/// <summary>Which of the calls that wait goes first.</summary>
public enum PredictionPriority
{
    /// <summary>In order of arrival, after the high ones.</summary>
    Normal,

    /// <summary>Before all others.</summary>
    High,

    /// <summary>Only when no other call waits; first to be refused when the queue is full.</summary>
    Low,
}
