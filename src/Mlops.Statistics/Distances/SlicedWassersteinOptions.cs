namespace Mlops.Statistics;

/// <summary>Settings of <see cref="SlicedWasserstein"/>; the defaults suit almost every use. The seed is also that of the directions; without a number given there are 999 relabellings.</summary>
public sealed record SlicedWassersteinOptions : RelabellingOptions
{
    /// <summary>The defaults.</summary>
    public static SlicedWassersteinOptions Default { get; } = new();

    internal RelabellingOptions Relabellings => new() { Permutations = Permutations ?? 999, Seed = Seed };

    /// <summary>Random directions, 1 to 4 096, 64 by default: the average over all directions is met within some percent.</summary>
    public int Directions
    {
        get;
        init
        {
            if (value is < 1 or > 4_096)
                throw new ArgumentOutOfRangeException(nameof(value), value, "1 to 4 096 directions are needed.");
            field = value;
        }
    } = 64;
}
