namespace Mlops.Tuning;

/// <summary>A study has no best trial, because none has completed, or none of those satisfies its constraints.</summary>
public sealed class NoCompletedTrialException : TuningException
{
    internal NoCompletedTrialException(string study, StudyCounts counts)
        : base((counts.Completed > 0
                ? $"None of the {counts.Completed} completed trials of study '{study}' satisfies its constraints: "
                : $"No trial of study '{study}' has completed: ")
            + $"{counts.Failed} failed, {counts.Pruned} pruned, {counts.Running} run. "
            + "A failed trial's Reason says why; FindBestAsync answers null instead.")
    {
        Study = study;
    }

    /// <summary>The study's name.</summary>
    public string Study { get; }
}
