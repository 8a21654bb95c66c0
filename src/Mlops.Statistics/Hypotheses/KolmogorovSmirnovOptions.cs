namespace Mlops.Statistics;

/// <summary>Settings of <see cref="KolmogorovSmirnov"/>; the defaults suit almost every use. By default it relabels nothing.</summary>
public sealed record KolmogorovSmirnovOptions : TwoSampleTestOptions
{
    /// <summary>The defaults.</summary>
    public static new KolmogorovSmirnovOptions Default { get; } = new();

    /// <summary>
    /// True (default): the exact law is conditional on the ties in the data, hence calibrated for discrete values. False: ties
    /// are ignored as scipy does, which makes the test conservative on discrete values.
    /// </summary>
    public bool ConditionOnTies { get; init; } = true;

    /// <summary>Lattice points the exact method may visit, 20 million by default (about 20 ms); 0 never counts.</summary>
    public long MaximumCells
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 20_000_000;
}
