namespace Mlops.Statistics;

/// <summary>Settings of <see cref="MovingBlockBootstrap"/>; the defaults suit almost every use.</summary>
public sealed record MovingBlockOptions
{
    /// <summary>The defaults.</summary>
    public static MovingBlockOptions Default { get; } = new();

    /// <summary>Values per block, at most a third of the series are used; null (default) for <see cref="MovingBlockBootstrap.BlockLength"/>.</summary>
    public int? BlockLength
    {
        get;
        init
        {
            if (value is int given)
                ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(value));
            field = value;
        }
    }

    /// <summary>Resampled series, 999 by default; the smallest possible p-value is 1 / (this + 1).</summary>
    public int Resamples
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 19);
            field = value;
        }
    } = 999;

    /// <summary>Nominal coverage of intervals, 0.95 by default.</summary>
    public double Confidence
    {
        get;
        init
        {
            if (!(value is > 0 and < 1))
                throw new ArgumentOutOfRangeException(nameof(value), value, "A confidence between 0 and 1 is needed.");
            field = value;
        }
    } = 0.95;

    /// <summary>Seed of the blocks' positions.</summary>
    public ulong Seed { get; init; } = 1;
}
