namespace Mlops.Tuning;

/// <summary>Prunes a trial whose best report so far is worse than the median of what completed trials reported at the same step. Thread-safe.</summary>
public sealed class MedianPruner : PercentilePruner
{
    /// <summary>A pruner that keeps the better half.</summary>
    public MedianPruner()
        : base(50)
    {
    }

    /// <inheritdoc/>
    public override string Name => "median";
}
