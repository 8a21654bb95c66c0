namespace Mlops.Statistics;

/// <summary>The numbers inside a <see cref="Moments"/>, for storage. A round trip keeps every bit.</summary>
/// <param name="Count">Number of finite values.</param>
/// <param name="NaNCount">Number of NaN.</param>
/// <param name="PositiveInfinityCount">Number of +Infinity.</param>
/// <param name="NegativeInfinityCount">Number of -Infinity.</param>
/// <param name="Min">Smallest finite value; 0 when empty.</param>
/// <param name="Max">Largest finite value; 0 when empty.</param>
/// <param name="Pivot">The shift subtracted from every value.</param>
/// <param name="Offset">Mean minus pivot.</param>
/// <param name="M2">Sum of squared deviations.</param>
/// <param name="M3">Sum of cubed deviations.</param>
/// <param name="M4">Sum of fourth powers of deviations.</param>
public readonly record struct MomentsState(
    long Count,
    long NaNCount,
    long PositiveInfinityCount,
    long NegativeInfinityCount,
    double Min,
    double Max,
    double Pivot,
    double Offset,
    double M2,
    double M3,
    double M4);
