using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The check that a column always has: whether its values are distributed as the reference's.</summary>
internal sealed class DistributionCheck(DriftThresholds thresholds)
{
    // About a millisecond per column; beyond, the limit is good to a few percent.
    public static readonly KolmogorovSmirnovOptions DistanceOptions = new() { MaximumCells = 1_000_000 };

    /// <param name="result">The Kolmogorov-Smirnov test of independent rows.</param>
    /// <param name="floor">The smallest distance that counts.</param>
    /// <param name="referenceInflation">By how much dependence inflates the reference's variance.</param>
    /// <param name="currentInflation">The same for the window.</param>
    public DriftCheck Distance(TwoSampleResult result, double floor, double referenceInflation, double currentInflation)
    {
        if (result.Reason is { } reason)
            return NotTested(DriftTest.KolmogorovSmirnov, floor, reason);
        double n = result.ReferenceCount / referenceInflation, m = result.CurrentCount / currentInflation;
        return new DriftCheck
        {
            Test = DriftTest.KolmogorovSmirnov,
            Statistic = result.Statistic,
            PValue = Math.Max(referenceInflation, currentInflation) > 1 ? KolmogorovSmirnov.EffectivePValue(result.Statistic!.Value, n, m) : result.PValue,
            Effect = result.Statistic,
            EffectFloor = floor,
            Weight = CheckWeights.Distribution,
            MinimumDetectableEffect = MinimumDetectable.Distance(n, m, thresholds.Alpha),
        };
    }

    /// <param name="reference">Counts per bin.</param>
    /// <param name="current">Counts of the same bins.</param>
    /// <param name="areCategories">Whether the bins are categories, the last of which holds all others.</param>
    /// <param name="floor">The smallest stability index that counts.</param>
    /// <param name="referenceInflation">By how much dependence inflates the reference's variance.</param>
    /// <param name="currentInflation">The same for the window.</param>
    public DriftCheck Bins(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool areCategories, double floor, double referenceInflation, double currentInflation)
    {
        (long[] r, long[] c) = WithoutEmpty(reference, current);
        double? effect = PopulationStabilityIndex.Compute(r, c);
        (long[] mergedReference, long[] mergedCurrent) = BinPooling.Pool(reference, current, areCategories);
        TwoSampleResult result = ChiSquare.Test(mergedReference, mergedCurrent, mergeRare: false);
        if (result.Reason is { } reason)
            return NotTested(DriftTest.ChiSquare, floor, reason) with { Effect = effect };
        double n = result.ReferenceCount / referenceInflation, m = result.CurrentCount / currentInflation;
        double inflation = ((1 / n) + (1 / m)) / ((1.0 / result.ReferenceCount) + (1.0 / result.CurrentCount));
        double freedom = result.DegreesOfFreedom!.Value;
        return new DriftCheck
        {
            Test = DriftTest.ChiSquare,
            Statistic = result.Statistic,
            PValue = inflation > 1 ? ChiSquaredDistribution.Survival(result.Statistic!.Value / inflation, freedom) : result.PValue,
            Effect = effect,
            EffectFloor = floor,
            Weight = CheckWeights.Distribution,
            MinimumDetectableEffect = MinimumDetectable.StabilityIndex(n, m, freedom, thresholds.Alpha),
        };
    }

    /// <summary>A bin that is empty on both sides would only add the index's own zero correction.</summary>
    private static (long[] Reference, long[] Current) WithoutEmpty(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        List<long> r = [], c = [];
        for (int i = 0; i < reference.Length; i++)
        {
            if (reference[i] + current[i] == 0)
                continue;
            r.Add(reference[i]);
            c.Add(current[i]);
        }

        return ([.. r], [.. c]);
    }

    private static DriftCheck NotTested(DriftTest test, double floor, NotComputableReason reason) => new()
    {
        Test = test,
        EffectFloor = floor,
        Weight = CheckWeights.Distribution,
        NotTested = reason switch
        {
            NotComputableReason.EmptySample => "a sample holds no usable value",
            NotComputableReason.SingleCategory => "all values are the same in both",
            NotComputableReason.TooFewValues => "there are too few values",
            _ => "the data does not vary",
        },
    };
}
