namespace Mlops.Statistics;

/// <summary>Settings of <see cref="KolmogorovSmirnov"/>; the defaults suit almost every use.</summary>
public sealed record KolmogorovSmirnovOptions
{
    /// <summary>The defaults.</summary>
    public static KolmogorovSmirnovOptions Default { get; } = new();

    /// <summary>Which way to the p-value; <see cref="PValueMethod.Auto"/> by default.</summary>
    public PValueMethod Method { get; init; }

    /// <summary>
    /// True (default): the exact law is conditional on the ties in the data, hence calibrated for discrete values. False: ties
    /// are ignored as scipy does, which makes the test conservative on discrete values.
    /// </summary>
    public bool ConditionOnTies { get; init; } = true;

    /// <summary>Lattice points the exact method may visit, 20 million by default (about 20 ms).</summary>
    public long MaximumCells { get; init; } = 20_000_000;

    /// <summary>Relabellings of the permutation method; the smallest possible p-value is 1 / (this + 1).</summary>
    public int Permutations
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 9_999;

    /// <summary>Seed of the permutation method; equal data under an equal seed have an equal p-value, other data are relabelled otherwise.</summary>
    public ulong Seed { get; init; } = 1;
}
