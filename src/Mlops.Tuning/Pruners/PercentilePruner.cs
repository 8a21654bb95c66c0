namespace Mlops.Tuning;

/// <summary>
/// Prunes a trial whose best report so far is worse than a percentile of what completed trials reported at the same step. A trial
/// that has reported nothing but NaN is pruned as well.
/// </summary>
/// <remarks>The rule of Optuna's PercentilePruner; percentiles interpolate linearly. Thread-safe.</remarks>
public class PercentilePruner : IPruner
{
    /// <summary>A pruner that keeps a share of trials.</summary>
    /// <param name="percentile">Which trials count as good enough, in percent from the best, 0 to 100: 25 keeps the best quarter.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public PercentilePruner(double percentile)
    {
        if (!(percentile is >= 0 and <= 100))
        {
            throw new ArgumentOutOfRangeException(nameof(percentile), percentile, "A percentile is 0 to 100.");
        }

        Percentile = percentile;
    }

    /// <inheritdoc/>
    public virtual string Name => "percentile";

    /// <summary>Which trials count as good enough, in percent from the best.</summary>
    public double Percentile { get; }

    /// <summary>No trial is pruned before so many have completed. 0 or more, default 5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int StartupTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 5;

    /// <summary>No trial is pruned before this step. 0 or more, default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int WarmupSteps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Trials are judged at their first report in each interval of so many steps. 1 or more, default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int IntervalSteps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1;

    /// <summary>How many completed trials must have reported at the step. 1 or more, default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int MinimumTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 1;

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.CompletedTrials is var completed && (completed == 0 || completed < StartupTrials || !context.IsDue(WarmupSteps, IntervalSteps)))
        {
            return PruningVerdict.Continue;
        }

        double best = BestOf(context);
        if (double.IsNaN(best))
        {
            return PruningVerdict.Prune;
        }

        RankedValues others = context.AtLastStep();
        return others.Reported >= MinimumTrials && others.Count > 0 && best > At(others) ? PruningVerdict.Prune : PruningVerdict.Continue;
    }

    /// <summary>The trial's best report, less being better; NaN when it has reported nothing else.</summary>
    private static double BestOf(PruningContext context)
    {
        double sign = context.Maximizes ? -1 : 1;
        double best = double.NaN;
        foreach (TrialReport report in context.Trial.Reports)
        {
            double value = sign * report.Value;
            best = !double.IsNaN(value) && !(best <= value) ? value : best;
        }

        return best;
    }

    private double At(RankedValues sorted)
    {
        double place = Percentile / 100 * (sorted.Count - 1);
        int below = (int)place;
        double value = sorted[below];

        // Nothing lies between two infinities, nor a finite distance above the lower one.
        return place == below || double.IsInfinity(value) ? value : value + ((place - below) * (sorted[below + 1] - value));
    }
}
