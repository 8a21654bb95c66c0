namespace Mlops.Tuning;

/// <summary>When to stop and how much to run at once. At least one of <see cref="TotalTrials"/> and <see cref="TimeBudget"/> is set.</summary>
public sealed class OptimizeOptions
{
    private static readonly TimeSpan LongestTrialTimeout = TimeSpan.FromDays(30);

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

    /// <summary>
    /// How often an objective that throws is tried for one trial, with the same number and parameters; its reports stay. Attempts of lost holders count.
    /// At most <see cref="TuningOptions.MaximumAttempts"/> are made. 1 to 1 000, default 1: a trial fails at its first exception.
    /// </summary>
    public int AttemptsPerTrial { get; set; } = 1;

    /// <summary>
    /// How long the objective may take for one trial. Then its token fires and the trial fails, with that as the reason, and is not tried again; what it returns
    /// later is discarded. An objective that ignores the token keeps its place among <see cref="Parallelism"/> until it returns. Positive and at most 30 days;
    /// null, the default, for no limit: a trial whose objective hangs is held for as long as the process lives.
    /// </summary>
    public TimeSpan? TrialTimeout { get; set; }

    /// <summary>
    /// Stops when so many completed or pruned trials in a row have not improved the best value by more than <see cref="ConvergenceTolerance"/>, those of
    /// earlier calls included; other processes' trials are counted as of the call's begin. For one objective. 1 or more; null for no such stop.
    /// </summary>
    public int? ConvergenceTrials { get; set; }

    /// <summary>By how much the best value has to improve, in units of the objective, to count. 0 or more, default 0.</summary>
    public double ConvergenceTolerance { get; set; }

    /// <summary>Told after every trial that this process finishes; called by several threads, one at a time.</summary>
    public IProgress<StudyProgress>? Progress { get; set; }

    internal void Validate(int objectives, string parameter)
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

        if (AttemptsPerTrial is < 1 or > 1_000)
        {
            throw new ArgumentOutOfRangeException(parameter, AttemptsPerTrial, "AttemptsPerTrial must be 1 to 1 000.");
        }

        if (ConvergenceTrials is < 1)
        {
            throw new ArgumentOutOfRangeException(parameter, ConvergenceTrials, "ConvergenceTrials must be 1 or more.");
        }

        if (ConvergenceTrials is not null && objectives != 1)
        {
            throw new ArgumentException($"ConvergenceTrials is for one objective, the study has {objectives}.", parameter);
        }

        if (!(ConvergenceTolerance >= 0) || !double.IsFinite(ConvergenceTolerance))
        {
            throw new ArgumentOutOfRangeException(parameter, ConvergenceTolerance, "ConvergenceTolerance must be 0 or more and finite.");
        }

        if (TrialTimeout is { } limit && (limit <= TimeSpan.Zero || limit > LongestTrialTimeout))
        {
            throw new ArgumentOutOfRangeException(parameter, TrialTimeout, "TrialTimeout must be positive and at most 30 days.");
        }

        if (TimeBudget is { } budget && budget <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(parameter, TimeBudget, "TimeBudget must be positive.");
        }
    }
}
