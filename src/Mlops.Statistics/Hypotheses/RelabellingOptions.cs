namespace Mlops.Statistics;

/// <summary>Settings of a test by seeded random relabelling; the defaults suit almost every use.</summary>
public record RelabellingOptions
{
    /// <summary>
    /// Relabellings, at least 1; the smallest possible p-value is 1 / (this + 1). Null (default) is 9 999, and fewer, never below 199, where both
    /// samples together hold more than 20 000 values.
    /// </summary>
    public int? Permutations
    {
        get;
        init
        {
            if (value < 1)
                throw new ArgumentOutOfRangeException(nameof(value), value, "At least one relabelling is needed.");
            field = value;
        }
    }

    /// <summary>Seed of the relabellings; equal data under an equal seed have an equal p-value, other data are relabelled otherwise.</summary>
    public ulong Seed { get; init; } = 1;
}
