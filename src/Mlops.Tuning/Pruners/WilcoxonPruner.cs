namespace Mlops.Tuning;

/// <summary>
/// For objectives that average over instances, such as folds: prunes a trial that is significantly worse than the best trial on the instances both have
/// seen. The step is the instance's number; the order of instances had better differ from trial to trial.
/// </summary>
/// <remarks>
/// The signed-rank test of Wilcoxon, one-sided; see <see cref="SignedRank"/>. As in Optuna a trial whose mean is better than the best trial's is never pruned,
/// and one with a report that is not finite is left to run. Thread-safe.
/// </remarks>
public sealed class WilcoxonPruner : IPruner
{
    /// <inheritdoc/>
    public string Name => "wilcoxon";

    /// <summary>A trial is pruned below this probability. 0 to 1, default 0.1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public double Threshold
    {
        get;
        init
        {
            if (!(value is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "A probability is 0 to 1.");
            }

            field = value;
        }
    } = 0.1;

    /// <summary>How many instances are compared at least. 0 or more, default 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int StartupSteps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 2;

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        double sign = context.Maximizes ? -1 : 1;
        ReportedTrial? best = context.Best;
        IReadOnlyList<TrialReport> own = context.Trial.Reports;
        if (best is null || best.Reports.Count == 0 || !own.Concat(best.Reports).All(static report => double.IsFinite(report.Value)))
        {
            return PruningVerdict.Continue;
        }

        double[] losses = [.. own.Select(report => sign * (report.Value - best.ValueAt(report.Step))).OfType<double>()];
        bool isBetter = own.Average(report => sign * report.Value) <= best.Reports.Average(report => sign * report.Value);
        return losses.Length > 0 && losses.Length >= StartupSteps && !isBetter && SignedRank.LargerP(losses) < Threshold
            ? PruningVerdict.Prune
            : PruningVerdict.Continue;
    }
}
