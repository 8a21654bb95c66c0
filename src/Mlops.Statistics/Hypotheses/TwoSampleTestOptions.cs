namespace Mlops.Statistics;

/// <summary>Settings of the tests that may need permutations; the defaults suit almost every use.</summary>
public record TwoSampleTestOptions
{
    /// <summary>The defaults.</summary>
    public static TwoSampleTestOptions Default { get; } = new();

    /// <summary>Which way to the p-value; <see cref="PValueMethod.Auto"/> by default.</summary>
    public PValueMethod Method
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Auto, Asymptotic or Permutation is needed.");
    }

    /// <summary>
    /// Relabellings, 9 999 by default; the smallest possible p-value is 1 / (this + 1). <see cref="PValueMethod.Auto"/> makes fewer, never
    /// below 199, where both samples together hold more than 20 000 values.
    /// </summary>
    public int Permutations
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 9_999;

    /// <summary>Seed of the relabellings; equal data under an equal seed have an equal p-value, other data are relabelled otherwise.</summary>
    public ulong Seed { get; init; } = 1;
}
