namespace Mlops.Drift;

/// <summary>What became of labels and of the predictions that wait for them, since the monitor began.</summary>
public sealed record LabelCounts
{
    /// <summary>Labels joined with their prediction.</summary>
    public long Joined { get; init; }

    /// <summary>Of these, labels that came before their prediction.</summary>
    public long Early { get; init; }

    /// <summary>Labels of no prediction known (so far).</summary>
    public long Unknown { get; init; }

    /// <summary>Labels that came after their prediction had waited for the maximum delay.</summary>
    public long Expired { get; init; }

    /// <summary>Labels of a prediction that had one already; the first stands.</summary>
    public long Duplicate { get; init; }

    /// <summary>Labels of predictions that were not kept because too many waited.</summary>
    public long Unsampled { get; init; }

    /// <summary>Labels that are NaN or infinite, or have no key.</summary>
    public long Invalid { get; init; }

    /// <summary>Labels dropped because the buffer was full.</summary>
    public long Dropped { get; init; }

    /// <summary>Predictions that wait for their label.</summary>
    public long Pending { get; init; }

    /// <summary>Predictions that waited in vain.</summary>
    public long PredictionsExpired { get; init; }

    /// <summary>Rows whose key was seen before; they count in no window.</summary>
    public long DuplicatePredictions { get; init; }

    /// <summary>The share of predictions that is kept for labels, 1 unless too many waited.</summary>
    public double KeptShare { get; init; } = 1;
}
