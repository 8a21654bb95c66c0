namespace Mlops.Statistics;

/// <summary>Brings values to [0, 1] by limits that were declared for them; clips what is outside, skips NaN and counts both.</summary>
internal struct DeclaredLimits
{
    private long _clipped;
    private long _notANumber;

    public DeclaredLimits(double low, double high)
    {
        if (!double.IsFinite(low))
            throw new ArgumentOutOfRangeException(nameof(low), low, "A finite limit is needed.");
        if (!(high > low) || !double.IsFinite(high - low))
            throw new ArgumentOutOfRangeException(nameof(high), high, $"A finite limit above {low} is needed.");
        Low = low;
        High = high;
    }

    public double Low { get; }

    public double High { get; }

    public readonly double Range => High - Low;

    public readonly long Clipped => _clipped;

    public readonly long NotANumber => _notANumber;

    /// <summary>False for NaN.</summary>
    public bool TryScale(double value, out double scaled)
    {
        scaled = (value - Low) / Range;
        if (double.IsNaN(value))
        {
            _notANumber++;
            return false;
        }

        if (scaled is < 0 or > 1)
        {
            _clipped++;
            scaled = double.Clamp(scaled, 0, 1);
        }

        return true;
    }

    public readonly double Unscale(double scaled) => Low + (Range * scaled);

    public void Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(Low, "low");
        transfer.Setting(High, "high");
        transfer.Value(ref _clipped);
        transfer.Value(ref _notANumber);
    }
}
