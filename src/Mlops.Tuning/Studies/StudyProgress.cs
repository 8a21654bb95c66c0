namespace Mlops.Tuning;

/// <summary>Where a study stands, as seen by this process: other processes' trials are counted as of the call's begin and end.</summary>
/// <param name="Study">The study's name.</param>
/// <param name="Completed">Trials with a value.</param>
/// <param name="Pruned">Trials that ended early.</param>
/// <param name="Failed">Trials without a usable value.</param>
/// <param name="TotalTrials">The target, or null without one.</param>
/// <param name="BestNumber">The best trial, or null without one or with several objectives.</param>
/// <param name="BestValue">Its value.</param>
public sealed record StudyProgress(string Study, int Completed, int Pruned, int Failed, int? TotalTrials, int? BestNumber, double? BestValue)
{
    /// <summary>Trials that have stopped for now.</summary>
    public int Paused { get; init; }

    /// <summary>Whether the call ended because the best value stood still for <see cref="OptimizeOptions.ConvergenceTrials"/>.</summary>
    public bool HasConverged { get; init; }

    /// <summary>All finished trials.</summary>
    public int Finished => Completed + Pruned + Failed;
}
