namespace Mlops.Statistics;

/// <summary>Counts, extremes and central power sums of values shifted by a pivot that the owner keeps.</summary>
internal struct MomentSums
{
    public long Count;
    public long NaNCount;
    public long PositiveInfinityCount;
    public long NegativeInfinityCount;
    public double Min;
    public double Max;

    /// <summary>Mean minus pivot.</summary>
    public double Offset;

    public double M2;
    public double M3;
    public double M4;

    /// <summary>
    /// Takes power sums about the provisional <see cref="Offset"/> and moves them to the exact mean, which removes the
    /// rounding of that provisional mean.
    /// </summary>
    public void Recenter(double s1, double s2, double s3, double s4)
    {
        double n = Count;
        double shift = s1 / n;
        double shift2 = shift * shift;
        Offset += shift;
        M2 = double.Max(0, s2 - (n * shift2));
        M3 = s3 - (3 * shift * s2) + (2 * n * shift2 * shift);
        M4 = double.Max(0, s4 - (4 * shift * s3) + (6 * shift2 * s2) - (3 * n * shift2 * shift2));
    }

    /// <summary>Adds sums about the same pivot (Chan, Golub and LeVeque 1979; Pebay 2008).</summary>
    public void Merge(in MomentSums other)
    {
        NaNCount += other.NaNCount;
        PositiveInfinityCount += other.PositiveInfinityCount;
        NegativeInfinityCount += other.NegativeInfinityCount;
        if (other.Count == 0)
            return;
        if (Count == 0)
        {
            Count = other.Count;
            Min = other.Min;
            Max = other.Max;
            Offset = other.Offset;
            M2 = other.M2;
            M3 = other.M3;
            M4 = other.M4;
            return;
        }

        double na = Count, nb = other.Count, n = na + nb;
        double delta = other.Offset - Offset;
        double deltaN = delta / n;
        double deltaN2 = deltaN * deltaN;
        double cross = delta * deltaN * na * nb;
        M4 = M4 + other.M4
            + (cross * deltaN2 * ((na * na) - (na * nb) + (nb * nb)))
            + (6 * deltaN2 * ((na * na * other.M2) + (nb * nb * M2)))
            + (4 * deltaN * ((na * other.M3) - (nb * M3)));
        M3 = M3 + other.M3
            + (cross * deltaN * (na - nb))
            + (3 * deltaN * ((na * other.M2) - (nb * M2)));
        M2 = M2 + other.M2 + cross;
        Offset += deltaN * nb;
        Count += other.Count;
        Min = double.Min(Min, other.Min);
        Max = double.Max(Max, other.Max);
    }
}
