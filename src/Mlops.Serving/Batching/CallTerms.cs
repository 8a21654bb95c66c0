namespace Mlops.Serving;

/// <summary>Until when a call must be answered, and how urgent it is.</summary>
/// <param name="Deadline">Timestamp; <see cref="Never"/> for none.</param>
/// <param name="Timeout">Time it had.</param>
/// <param name="Priority">Which calls go first.</param>
internal readonly record struct CallTerms(long Deadline, TimeSpan Timeout, PredictionPriority Priority)
{
    public const long Never = long.MaxValue;

    public bool HasDeadline => Deadline != Never;

    /// <summary>The shorter of what the call and its model allow.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not positive, or the priority is none.</exception>
    public static CallTerms Of(in PredictionOptions options, ModelOptions model, long started, TimeProvider time)
    {
        if (options.Timeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), options.Timeout, "The timeout of a call must be positive.");
        if (options.Priority is < PredictionPriority.Normal or > PredictionPriority.Low)
            throw new ArgumentOutOfRangeException(nameof(options), options.Priority, "There is no such priority.");

        TimeSpan? timeout = options.Timeout is { } own && !(own > model.Timeout) ? own : model.Timeout;
        if (timeout is not { } limit)
            return new CallTerms(Never, default, options.Priority);

        double ticks = limit.TotalSeconds * time.TimestampFrequency;
        return new CallTerms(ticks < Never - started ? started + (long)ticks : Never - 1, limit, options.Priority);
    }
}
