namespace Mlops.Statistics;

/// <summary>Settings of <see cref="ReconstructionError"/>; the defaults suit almost every use.</summary>
public sealed record ReconstructionErrorOptions
{
    /// <summary>The defaults.</summary>
    public static ReconstructionErrorOptions Default { get; } = new();

    /// <summary>The share of the variance that the components hold, strictly between 0 and 1; 0.65 by default.</summary>
    public double VarianceShare
    {
        get;
        init
        {
            if (!(value > 0 && value < 1))
                throw new ArgumentOutOfRangeException(nameof(value), value, "A share strictly between 0 and 1 is needed.");
            field = value;
        }
    } = 0.65;

    /// <summary>Seed that deals the reference's rows to fitting and comparing.</summary>
    public ulong Seed { get; init; } = 1;
}
