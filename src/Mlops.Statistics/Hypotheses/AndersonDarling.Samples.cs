namespace Mlops.Statistics;

/// <content>Several samples at once.</content>
public static partial class AndersonDarling
{
    /// <summary>
    /// Tests that all samples follow one law (Scholz and Stephens 1987): one p-value for several windows, versions or segments, where testing each
    /// pair would need a correction.
    /// </summary>
    /// <remarks>
    /// The statistic is standardized by its exact mean and variance without ties, as scipy's <c>anderson_ksamp</c>. The limit law, by default for
    /// untied samples of at least 20 values each, is the sum of independent chi-squared variables with k - 1 degrees of freedom over
    /// j (j + 1), not an interpolated table; else the p-value is by relabelling, conditional on ties.
    /// </remarks>
    /// <param name="samples">At least two samples in any order; none is modified. NaN are dropped.</param>
    /// <param name="options">Way to the p-value.</param>
    /// <param name="ties">How equal values count; without any, both rules differ by a factor (N - 1) / N in the variable part only.</param>
    /// <exception cref="ArgumentException">There are fewer than two samples, or more than 2^31 - 1 values in all.</exception>
    public static KSampleResult TestSamples(
        IReadOnlyList<double[]> samples, TwoSampleTestOptions? options = null, TieRule ties = TieRule.Midrank)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count < 2)
            throw new ArgumentException($"At least two samples are needed; there is {samples.Count}.", nameof(samples));
        if (!Enum.IsDefined(ties))
            throw new ArgumentOutOfRangeException(nameof(ties), ties, "Midrank or RightEdge is needed.");
        options ??= TwoSampleTestOptions.Default;
        TiedGroups groups = TiedGroups.Of(samples);
        int[] sizes = groups.SampleSizes;
        KSampleResult result = new() { Counts = sizes };
        if (sizes.Contains(0))
            return result with { Reason = NotComputableReason.EmptySample };
        if (groups.Total < FewestValues)
            return result with { Reason = NotComputableReason.TooFewValues };
        if (groups.Sizes.Length == 1)
            return result with { Reason = NotComputableReason.ConstantSample };
        double inverse = 0;
        foreach (int size in sizes)
            inverse += 1.0 / size;
        double deviation = Math.Sqrt(Variance(sizes.Length, groups.Total, inverse));
        double standardized = (Of(groups, groups.Counts, ties) - (sizes.Length - 1)) / deviation;
        result = result with { Statistic = standardized };
        bool limit = groups.Sizes.Length == groups.Total && sizes.Min() >= SmallestAsymptotic;
        if (options.Method == PValueMethod.Permutation || (options.Method == PValueMethod.Auto && !limit))
        {
            double p = Relabelling.PValue(groups, counts => Of(groups, counts, ties), options);
            return result with { PValue = p, LogPValue = Math.Log(p), PValueKind = PValueKind.Permutation };
        }

        int freedom = sizes.Length - 1;
        double stretched = freedom + (standardized * Math.Sqrt(freedom * AndersonDarlingDistribution.Variance));
        double log = sizes.Length == 2
            ? AndersonDarlingDistribution.LogSurvival(stretched)
            : AndersonDarlingDistribution.LogSurvival(stretched, sizes.Length);
        return result with { PValue = Math.Exp(log), LogPValue = log, PValueKind = PValueKind.Asymptotic };
    }

    /// <summary>The statistic of one way to deal the pooled values to the samples, <paramref name="counts"/> by group, then by sample.</summary>
    private static double Of(TiedGroups groups, ReadOnlySpan<int> counts, TieRule ties)
    {
        int k = groups.SampleSizes.Length;
        long total = groups.Total, below = 0;
        Span<long> own = k <= 64 ? stackalloc long[k] : new long[k];
        Span<double> sums = k <= 64 ? stackalloc double[k] : new double[k];
        bool midrank = ties == TieRule.Midrank;

        // Twice each function value in the middle of a group, or at its right end, times the sizes: integers. The last right end is 1 for all.
        int last = midrank ? groups.Sizes.Length : groups.Sizes.Length - 1;
        for (int group = 0; group < last; group++)
        {
            long size = groups.Sizes[group], twice = (2 * below) + (midrank ? size : 2 * size);
            double weight = size / (((double)twice * ((2 * total) - twice)) - (midrank ? (double)total * size : 0));
            for (int sample = 0; sample < k; sample++)
            {
                long here = counts[(group * k) + sample];
                double twiceOwn = (2 * own[sample]) + (midrank ? here : 2 * here);
                double gap = (total * twiceOwn) - ((double)groups.SampleSizes[sample] * twice);
                sums[sample] += weight * gap * gap;
                own[sample] += here;
            }

            below += size;
        }

        double sum = 0;
        for (int sample = 0; sample < k; sample++)
            sum += sums[sample] / groups.SampleSizes[sample];
        return (midrank ? total - 1.0 : total) / total * sum / total;
    }
}
