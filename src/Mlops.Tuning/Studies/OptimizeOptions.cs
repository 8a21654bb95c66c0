namespace Mlops.Tuning;

/// <summary>When to stop and how much to run at once. At least one of <see cref="TotalTrials"/> and <see cref="TimeBudget"/> is set.</summary>
public sealed class OptimizeOptions
{
    /// <summary>
    /// How many trials the study is to have <em>in total</em>, those of earlier calls and of other processes included: 200 on a study
    /// with 120 finished trials runs 80 more, so a program that is started again goes on where it stopped. Every finished trial
    /// counts, whatever its state. 1 or more; null for no limit.
    /// </summary>
    public int? TotalTrials { get; set; }

    /// <summary>How many objectives run at once in this process. 1 to 1 024, default 1.</summary>
    public int Parallelism { get; set; } = 1;

    /// <summary>No trial begins later than this after the call; those that run are finished. Positive; null for no limit.</summary>
    public TimeSpan? TimeBudget { get; set; }

    /// <summary>Told after every trial that this process finishes; called by several threads, one at a time.</summary>
    public IProgress<StudyProgress>? Progress { get; set; }

    internal void Validate(string parameter)
    {
        if (TotalTrials is null && TimeBudget is null)
        {
            throw new ArgumentException("Set TotalTrials, TimeBudget or both; otherwise the study would never end.", parameter);
        }

        if (TotalTrials is < 1)
        {
            throw new ArgumentOutOfRangeException(parameter, TotalTrials, "TotalTrials must be 1 or more.");
        }

        if (Parallelism is < 1 or > 1_024)
        {
            throw new ArgumentOutOfRangeException(parameter, Parallelism, "Parallelism must be 1 to 1 024.");
        }

        if (TimeBudget is { } budget && budget <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(parameter, TimeBudget, "TimeBudget must be positive.");
        }
    }
}
