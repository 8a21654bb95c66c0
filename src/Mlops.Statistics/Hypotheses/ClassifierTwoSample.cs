namespace Mlops.Statistics;

/// <summary>
/// The classifier two-sample test of Lopez-Paz and Oquab (2017) for rows of several columns: if a classifier that was taught on one half of the rows tells the
/// samples apart on the other half, they differ.
/// </summary>
/// <remarks>
/// <para>
/// By default a logistic regression on indicators of quantile bins, which sees changes of each column's law, not of their
/// correlation alone; a <see cref="ClassifierTwoSampleOptions.Learner"/> of your own sees what it can learn. Whatever it learns, the p-value is valid: the
/// held-out rows are new to it, and under the null their labels are exchangeable. Given how many held-out rows it calls current, the right ones among them are
/// hypergeometric, for samples of any sizes (the paper's binomial law is that of equally many independent labels).
/// </para>
/// <para>Samples are row-major. Rows with a value that is not finite are ignored.</para>
/// </remarks>
public static class ClassifierTwoSample
{
    private const int FewestRows = 4;

    /// <summary>
    /// Tests one-sided whether held-out rows are classified better than by chance. Statistic and effect are the balanced accuracy on them, the mean of the shares of
    /// either sample that are recognised: 0.5 for samples that cannot be told apart, with a 95 % interval from Wilson's of both shares (Newcombe 1998).
    /// </summary>
    /// <param name="reference">Rows of the reference; at least four.</param>
    /// <param name="current">Rows of the current sample; at least four.</param>
    /// <param name="columns">Values per row, at least 1.</param>
    /// <param name="options">Learner, bins, seed.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, ClassifierTwoSampleOptions? options = null)
    {
        options ??= ClassifierTwoSampleOptions.Default;
        SampleRows rows = SampleRows.Pool(reference, current, columns);
        (int n, int m) = (rows.ReferenceCount, rows.CurrentCount);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        if (int.Min(n, m) < FewestRows)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m);

        // The first half of either sample, in random order, teaches.
        SplitMix64 random = new(options.Seed);
        int[] ofReference = [.. Enumerable.Range(0, n)], ofCurrent = [.. Enumerable.Range(n, m)];
        random.Shuffle(ofReference.AsSpan());
        random.Shuffle(ofCurrent.AsSpan());
        int[] taught = [.. ofReference.AsSpan(0, n / 2), .. ofCurrent.AsSpan(0, m / 2)];
        BinEdges[] edges = options.Bins == 0 ? [] : [.. Enumerable.Range(0, columns).Select(column => BinEdges.FromQuantiles(Array.ConvertAll(taught, i => rows.Values[(i * columns) + column]), options.Bins))];
        int width = edges.Length == 0 ? columns : int.Max(1, edges.Sum(static e => e.Inner.Length));
        double[] features = new double[taught.Length * width], labels = new double[taught.Length];
        for (int i = 0; i < taught.Length; i++)
        {
            Encode(rows.Row(taught[i]), edges, features.AsSpan(i * width, width));
            labels[i] = taught[i] < n ? 0 : 1;
        }

        IFittedModel model = (options.Learner ?? (static (x, c, y) => LogisticRegression.Fit(x, c, y, 0.01)))(features, width, labels);
        long falselyCalled = Called(ofReference.AsSpan(n / 2)), rightlyCalled = Called(ofCurrent.AsSpan(m / 2));
        return Judge(falselyCalled, n - (n / 2), rightlyCalled, m - (m / 2)) with { ReferenceCount = n, CurrentCount = m };

        long Called(ReadOnlySpan<int> heldOut)
        {
            long called = 0;
            double[] row = new double[width];
            double share = (double)(m / 2) / taught.Length;
            foreach (int i in heldOut)
            {
                Encode(rows.Row(i), edges, row);
                called += model.Predict(row) > share ? 1 : 0;
            }

            return called;
        }
    }

    /// <summary>An indicator per bin but the first, which the others' absence says.</summary>
    private static void Encode(ReadOnlySpan<double> row, BinEdges[] edges, Span<double> features)
    {
        if (edges.Length == 0)
        {
            row.CopyTo(features);
            return;
        }

        features.Clear();
        int start = 0;
        for (int column = 0; column < row.Length; column++)
        {
            int bin = edges[column].IndexOf(row[column]);
            if (bin > 0)
                features[start + bin - 1] = 1;
            start += edges[column].Inner.Length;
        }
    }

    private static TwoSampleResult Judge(long falselyCalled, long references, long rightlyCalled, long currents)
    {
        TwoSampleResult fisher = FisherExact.Test(falselyCalled, references, rightlyCalled, currents, Alternative.Greater);
        double specific = 1 - ((double)falselyCalled / references), sensitive = (double)rightlyCalled / currents, accuracy = 0.5 * (specific + sensitive);
        (double low0, double high0) = WilsonInterval.Of(references - falselyCalled, references);
        (double low1, double high1) = WilsonInterval.Of(rightlyCalled, currents);
        return fisher with
        {
            Statistic = accuracy,
            Effect = new EffectSize(
                accuracy,
                accuracy - (0.5 * double.Hypot(specific - low0, sensitive - low1)),
                accuracy + (0.5 * double.Hypot(high0 - specific, high1 - sensitive))),
        };
    }
}
