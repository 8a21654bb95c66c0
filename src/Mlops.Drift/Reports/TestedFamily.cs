using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The columns of the whole window, or of a segment, with their p-values.</summary>
internal sealed class TestedFamily
{
    public TestedFamily(IReadOnlyList<FeatureDrift> features)
    {
        Features = features;
        Own = [.. features.Select(OwnPValue)];
        double[] adjusted = MultipleTesting.BenjaminiHochberg([.. Own.OfType<double>()]);
        Adjusted = new double?[Own.Length];
        int at = 0;
        for (int i = 0; i < Own.Length; i++)
            Adjusted[i] = Own[i] is null ? null : adjusted[at++];
    }

    public IReadOnlyList<FeatureDrift> Features { get; }

    /// <summary>Each column's p-value; null where nothing could be tested.</summary>
    public double?[] Own { get; }

    /// <summary>Adjusted for the columns of this family.</summary>
    public double?[] Adjusted { get; }

    /// <summary>Simes's (1986) p-value that no column differs: the smallest adjusted one.</summary>
    public double? PValue => Adjusted.Min();

    /// <summary>
    /// The columns' p-values adjusted for the families as well, so that comparing them with alpha is what comparing with the family's own level would be.
    /// </summary>
    /// <param name="family">The family's own adjusted p-value, which no column of a family that is not selected falls below.</param>
    /// <param name="stretch">Families over selected ones; null where this one is not selected.</param>
    public double?[] Hierarchical(double family, double? stretch) =>
        Array.ConvertAll(Adjusted, p => p is not { } within ? (double?)null : stretch is { } factor ? Math.Min(1, within * factor) : Math.Max(within, family));

    /// <summary>The largest of the columns' own p-values that is significant; -1 when none is.</summary>
    public double Limit(double?[] significance, double alpha)
    {
        double limit = -1;
        for (int i = 0; i < Own.Length; i++)
        {
            if (significance[i] <= alpha)
                limit = Math.Max(limit, Own[i]!.Value);
        }

        return limit;
    }

    /// <summary>Weighted Bonferroni within the column; null where no check could be made.</summary>
    private static double? OwnPValue(FeatureDrift feature) =>
        feature.Checks.Min(static check => check.PValue / check.Weight) is { } smallest ? Math.Min(1, smallest) : null;
}
