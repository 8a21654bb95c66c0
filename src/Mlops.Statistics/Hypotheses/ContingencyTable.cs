namespace Mlops.Statistics;

/// <summary>Two rows of category counts made fit for a chi-squared law, with their expectations.</summary>
internal readonly struct ContingencyTable
{
    private ContingencyTable(long[] reference, long[] current)
    {
        Reference = reference;
        Current = current;
        ReferenceTotal = Counts.Sum(reference);
        CurrentTotal = Counts.Sum(current);
    }

    public long[] Reference { get; }

    public long[] Current { get; }

    public double ReferenceTotal { get; }

    public double CurrentTotal { get; }

    public double Total => ReferenceTotal + CurrentTotal;

    public int Columns => Reference.Length;

    public static ContingencyTable Create(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool mergeRare)
    {
        if (mergeRare)
        {
            (long[] r, long[] c) = BinMerging.MergeCategories(reference, current);
            return new(r, c);
        }

        List<long> left = [], right = [];
        for (int i = 0; i < reference.Length; i++)
        {
            if (reference[i] + current[i] == 0)
                continue;
            left.Add(reference[i]);
            right.Add(current[i]);
        }

        return new([.. left], [.. right]);
    }

    /// <summary>The chi-squared test of either statistic, with Cramer's V as the effect.</summary>
    public static TwoSampleResult Test(
        ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool mergeRare, bool yates, Func<ContingencyTable, bool, double> statistic)
    {
        Counts.Validate(reference, current);
        long n = Counts.Sum(reference), m = Counts.Sum(current);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        ContingencyTable table = Create(reference, current, mergeRare);
        if (table.Columns < 2)
            return TwoSampleResult.NotComputable(NotComputableReason.SingleCategory, n, m, 0);
        double value = statistic(table, yates && table.Columns == 2);
        double freedom = table.Columns - 1;
        TwoSampleResult result = new()
        {
            Statistic = value,
            DegreesOfFreedom = freedom,
            Effect = CramersV(table.Pearson(yates: false), freedom, table.Total),
            ReferenceCount = n,
            CurrentCount = m,
        };
        return result.WithLogP(ChiSquaredDistribution.LogSurvival(value, freedom), PValueKind.Asymptotic);
    }

    /// <summary>The noncentrality is N times the square of V in the population. The sample's V is too large when laws are alike, so its interval is widened to hold it.</summary>
    private static EffectSize CramersV(double pearson, double freedom, double total)
    {
        double value = double.Min(1, Math.Sqrt(pearson / total));
        (double lower, double upper) = NoncentralChiSquared.Interval(pearson, freedom);
        return new EffectSize(value, double.Min(value, Math.Sqrt(lower / total)), double.Clamp(Math.Sqrt(upper / total), value, 1));
    }

    /// <summary>Pearson's statistic of either row's cell deviations, with Yates's correction where asked.</summary>
    public double Pearson(bool yates)
    {
        double sum = 0;
        for (int i = 0; i < Columns; i++)
        {
            (double e0, double e1) = Expected(i);
            double deviation = Corrected(Reference[i] - e0, yates);
            sum += deviation * deviation / e0;
            deviation = Corrected(Current[i] - e1, yates);
            sum += deviation * deviation / e1;
        }

        return sum;
    }

    /// <summary>Twice the sum of observed times log(observed / expected).</summary>
    public double LogLikelihoodRatio(bool yates)
    {
        double sum = 0;
        for (int i = 0; i < Columns; i++)
        {
            (double e0, double e1) = Expected(i);
            sum += Term(e0 + Corrected(Reference[i] - e0, yates), e0) + Term(e1 + Corrected(Current[i] - e1, yates), e1);
        }

        return double.Max(0, 2 * sum);
    }

    public (double Reference, double Current) Expected(int column)
    {
        double pooled = (double)Reference[column] + Current[column];
        return (pooled * ReferenceTotal / Total, pooled * CurrentTotal / Total);
    }

    private static double Term(double observed, double expected) => observed > 0 ? observed * Math.Log(observed / expected) : 0;

    /// <summary>Moves the observation towards its expectation by a half, never past it.</summary>
    private static double Corrected(double deviation, bool yates) =>
        yates ? double.Sign(deviation) * double.Max(0, Math.Abs(deviation) - 0.5) : deviation;
}
