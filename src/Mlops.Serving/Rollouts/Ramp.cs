namespace Mlops.Serving;

/// <summary>When a candidate goes from one of <see cref="RolloutOptions.Steps"/> to the next.</summary>
internal static class Ramp
{
    /// <summary>Whether there is a larger step; not at a share that is none, which somebody has set by hand.</summary>
    public static bool IsBelowTop(RolloutOptions options, double share) => options.Steps.IndexOf(share) is >= 0 and var step && step < options.Steps.Count - 1;

    /// <summary>The share to go to; <c>null</c> to stay.</summary>
    /// <remarks>
    /// Of the evidence that a promotion needs, on a scale of logarithms, and of its keys, the steps ask for equal parts: the first of four for a quarter of the evidence
    /// and <see cref="RolloutOptions.MinimumKeys"/>, the second for a half and twice as many keys. Nothing is decided that could not be taken back, so no alpha
    /// is spent on it; that of rollback and promotion is about the evidence of all steps together.
    /// </remarks>
    public static double? Next(RolloutOptions options, double share, RolloutEvaluation evaluation)
    {
        if (evaluation.Verdict == RolloutVerdict.Rollback || !IsBelowTop(options, share))
            return null;

        int next = options.Steps.IndexOf(share) + 1;
        double evidence = -Math.Log(options.Alpha) * next / options.Steps.Count;
        long keys = (long)options.MinimumKeys * next;
        foreach (RolloutMetric metric in evaluation.Metrics)
            if (metric.CandidateKeys < keys || metric.LogWithinMargin < evidence)
                return null;

        return options.Steps[next];
    }
}
