namespace Mlops.Serving;

/// <summary>How many rows are scored at once, and how urgent they are.</summary>
public sealed class ScoringOptions
{
    /// <summary>Most rows of one run; 32 by default, 1 to 4,096. Rows that have come are not held back for more. A version whose rows cannot share a run has them one by one.</summary>
    public int MaximumRows { get; set; } = 32;

    /// <summary>Runs at a time, each on a thread of the pool; 1 by default, 1 to 256. At most this times <see cref="MaximumRows"/> rows are under way or wait for the reader of the answers.</summary>
    public int Parallelism { get; set; } = 1;

    /// <summary>How long a run may take; <c>null</c> (the default): the model's <see cref="ModelOptions.Timeout"/>.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>Which calls go first when calls wait; <see cref="PredictionPriority.Low"/> by default, after those of people.</summary>
    public PredictionPriority Priority { get; set; } = PredictionPriority.Low;

    internal PredictionOptions Call => new() { Timeout = Timeout, Priority = Priority };

    /// <param name="options">The argument of the public method.</param>
    internal static void Validate(ScoringOptions options)
    {
        if (options.MaximumRows is < 1 or > 4096)
            throw new ArgumentOutOfRangeException(nameof(options), options.MaximumRows, $"{nameof(MaximumRows)} must lie between 1 and 4,096.");
        if (options.Parallelism is < 1 or > 256)
            throw new ArgumentOutOfRangeException(nameof(options), options.Parallelism, $"{nameof(Parallelism)} must lie between 1 and 256.");
        if (options.Timeout <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(options), options.Timeout, $"{nameof(Timeout)} must be positive.");
        if (options.Priority is < PredictionPriority.Normal or > PredictionPriority.Low)
            throw new ArgumentOutOfRangeException(nameof(options), options.Priority, "There is no such priority.");
    }
}
