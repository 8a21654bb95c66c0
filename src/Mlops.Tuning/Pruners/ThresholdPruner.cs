namespace Mlops.Tuning;

/// <summary>Prunes a trial that reports NaN, or a value outside of bounds: a loss that has exploded. Thread-safe.</summary>
public sealed class ThresholdPruner : IPruner
{
    /// <summary>A pruner with at least one bound.</summary>
    /// <param name="lower">Values below are pruned; null for no bound.</param>
    /// <param name="upper">Values above are pruned; null for no bound.</param>
    /// <exception cref="ArgumentException">There is no bound, one is NaN, or they contradict each other.</exception>
    public ThresholdPruner(double? lower = null, double? upper = null)
    {
        if (lower is null && upper is null)
        {
            throw new ArgumentException("Give a lower bound, an upper bound or both.", nameof(lower));
        }

        if (double.IsNaN(lower ?? 0) || double.IsNaN(upper ?? 0) || lower > upper)
        {
            throw new ArgumentException(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Bounds are numbers, the lower one not above the upper one; got {lower} and {upper}."), nameof(lower));
        }

        Lower = lower;
        Upper = upper;
    }

    /// <inheritdoc/>
    public string Name => "threshold";

    /// <summary>Values below are pruned; null for no bound.</summary>
    public double? Lower { get; }

    /// <summary>Values above are pruned; null for no bound.</summary>
    public double? Upper { get; }

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

    /// <inheritdoc/>
    public PruningVerdict Judge(PruningContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        double value = context.Last.Value;
        return context.IsDue(WarmupSteps, IntervalSteps) && (double.IsNaN(value) || value < Lower || value > Upper)
            ? PruningVerdict.Prune
            : PruningVerdict.Continue;
    }
}
