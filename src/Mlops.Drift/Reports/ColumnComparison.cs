using System.Numerics;
using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Compares one column of a window with the reference and leaves the verdict to those who know the other columns.</summary>
internal sealed class ColumnComparison(DriftThresholds thresholds)
{
    /// <summary>A share of one value from which the distance test loses to counting bins.</summary>
    private const double LargeAtom = 0.2;

    // About a millisecond per column; beyond, the limit is good to a few percent.
    private static readonly KolmogorovSmirnovOptions DistanceOptions = new() { MaximumCells = 1_000_000 };

    public FeatureDrift Of(DriftColumn column, ReferenceProfile profile, ReferenceView view, RowSet rows)
    {
        int slot = column.Slot;
        return column.Kind == ColumnKind.Numeric
            ? Numeric(column, profile.NumericFrames[slot], view.Numeric[slot], view.Samples[slot], rows.Numeric(slot))
            : Categorical(column, profile.CategoricalFrames[slot], view.Categorical[slot], rows.Categorical(slot), rows.Categories[slot]);
    }

    public FeatureDrift Numeric<T>(DriftColumn column, NumericFrame frame, NumericSummary reference, PreparedSample sample, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        NumericSummary current = new(frame.Edges);
        current.Add(values);
        if (thresholds.Dependence == RowDependence.Measured)
            current.Inflation = Dependence.InflationOf(values);
        bool byBins = frame.IsDiscrete || frame.LargestAtom >= LargeAtom;
        DriftCheck distribution = byBins
            ? Bins(column, reference.Histogram.Counts, current.Histogram.Counts, reference.Inflation, current.Inflation)
            : Distance(column, sample, values, reference.Inflation, current.Inflation);
        List<DriftCheck> checks = [distribution];
        AddShare(checks, DriftTest.MissingShare, reference.Missing, reference.Total, current.Missing, current.Total);
        AddShare(checks, DriftTest.NotFiniteShare, reference.NotFinite, reference.Total, current.NotFinite, current.Total);
        return Describe(column, checks) with
        {
            ReferenceRows = byBins ? reference.Histogram.FiniteCount : sample.Count,
            CurrentRows = current.Total,
            ReferenceInflation = Inflation(reference.Inflation),
            CurrentInflation = Inflation(current.Inflation),
            ReferenceMean = reference.Moments.Mean,
            CurrentMean = current.Moments.Mean,
            ReferenceMissingShare = Share(reference.Missing, reference.Total),
            CurrentMissingShare = Share(current.Missing, current.Total),
            ReferenceShares = Shares(reference.Histogram.Counts),
            CurrentShares = Shares(current.Histogram.Counts),
        };
    }

    public FeatureDrift Categorical(DriftColumn column, CategoricalFrame frame, CategoricalSummary reference, ReadOnlySpan<int> codes, string[] categories)
    {
        long[] counts = frame.Count(codes, categories, out long missing);
        double inflation = 1;
        if (thresholds.Dependence == RowDependence.Measured)
        {
            int[] map = Array.ConvertAll(categories, frame.IndexOf);
            int[] bins = new int[codes.Length];
            for (int i = 0; i < bins.Length; i++)
                bins[i] = codes[i] switch { CategoryTable.Missing => -1, < 0 => frame.Names.Length, int code => map[code] };
            inflation = Dependence.InflationOf(bins, counts);
        }

        List<DriftCheck> checks = [Bins(column, reference.Counts, counts, reference.Inflation, inflation)];
        AddShare(checks, DriftTest.MissingShare, reference.Missing, reference.Total, missing, codes.Length);
        return Describe(column, checks) with
        {
            ReferenceRows = reference.Total - reference.Missing,
            CurrentRows = codes.Length,
            ReferenceInflation = Inflation(reference.Inflation),
            CurrentInflation = inflation,
            ReferenceMissingShare = Share(reference.Missing, reference.Total),
            CurrentMissingShare = Share(missing, codes.Length),
            NewCategories = reference.Counts[^1] == 0 ? NewOnes(frame, codes, categories) : [],
            VanishedCategories = Vanished(frame, reference.Counts, counts),
            ReferenceShares = Shares(reference.Counts),
            CurrentShares = Shares(counts),
        };
    }

    private DriftCheck Distance<T>(DriftColumn column, PreparedSample reference, ReadOnlySpan<T> values, double referenceInflation, double currentInflation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double floor = column.EffectFloor ?? thresholds.KolmogorovSmirnovFloor;
        TwoSampleResult result = typeof(T) == typeof(float)
            ? KolmogorovSmirnov.Test(reference, MemoryMarshal.Cast<T, float>(values), DistanceOptions)
            : KolmogorovSmirnov.Test(reference, MemoryMarshal.Cast<T, double>(values), DistanceOptions);
        if (result.Reason is { } reason)
            return NotTested(DriftTest.KolmogorovSmirnov, floor, reason);
        double n = result.ReferenceCount / Inflation(referenceInflation), m = result.CurrentCount / Inflation(currentInflation);
        bool corrected = Inflation(referenceInflation) > 1 || Inflation(currentInflation) > 1;
        return new DriftCheck
        {
            Test = DriftTest.KolmogorovSmirnov,
            Statistic = result.Statistic,
            PValue = corrected ? KolmogorovSmirnov.EffectivePValue(result.Statistic!.Value, n, m) : result.PValue,
            Effect = result.Statistic,
            EffectFloor = floor,
            MinimumDetectableEffect = MinimumDetectable.Distance(n, m, thresholds.Alpha),
        };
    }

    private DriftCheck Bins(DriftColumn column, ReadOnlySpan<long> reference, ReadOnlySpan<long> current, double referenceInflation, double currentInflation)
    {
        double floor = column.EffectFloor ?? thresholds.StabilityIndexFloor;

        (long[] r, long[] c) = WithoutEmpty(reference, current);
        double? effect = PopulationStabilityIndex.Compute(r, c);
        (long[] mergedReference, long[] mergedCurrent) = BinPooling.Pool(r, c);
        TwoSampleResult result = ChiSquare.Test(mergedReference, mergedCurrent, mergeRare: false);
        if (result.Reason is { } reason)
            return NotTested(DriftTest.ChiSquare, floor, reason) with { Effect = effect };
        double n = result.ReferenceCount / Inflation(referenceInflation), m = result.CurrentCount / Inflation(currentInflation);
        double inflation = ((1 / n) + (1 / m)) / ((1.0 / result.ReferenceCount) + (1.0 / result.CurrentCount));
        double freedom = result.DegreesOfFreedom!.Value;
        return new DriftCheck
        {
            Test = DriftTest.ChiSquare,
            Statistic = result.Statistic,
            PValue = inflation > 1 ? ChiSquaredDistribution.Survival(result.Statistic!.Value / inflation, freedom) : result.PValue,
            Effect = effect,
            EffectFloor = floor,
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

    /// <summary>Adds the test of a share, unless the property occurs in no row or in every row.</summary>
    private void AddShare(List<DriftCheck> checks, DriftTest test, long referenceHits, long referenceCount, long currentHits, long currentCount)
    {
        long hits = referenceHits + currentHits, total = referenceCount + currentCount;
        if (hits == 0 || hits == total || referenceCount == 0 || currentCount == 0)
            return;
        double smallest = (double)Math.Min(hits, total - hits) / total * Math.Min(referenceCount, currentCount);
        TwoSampleResult normal = TwoProportionZ.Test(referenceHits, referenceCount, currentHits, currentCount);
        bool exact = smallest < 5;
        checks.Add(new DriftCheck
        {
            Test = test,
            Statistic = exact ? null : normal.Statistic,
            PValue = exact ? FisherExact.Test(referenceHits, referenceCount, currentHits, currentCount).PValue : normal.PValue,
            Effect = Math.Abs(normal.Effect!.Value.Value),
            EffectFloor = thresholds.MissingShareFloor,
            MinimumDetectableEffect = MinimumDetectable.Share((double)hits / total, referenceCount, currentCount, thresholds.Alpha),
        });
    }

    private static DriftCheck NotTested(DriftTest test, double floor, NotComputableReason reason) => new()
    {
        Test = test,
        EffectFloor = floor,
        NotTested = reason switch
        {
            NotComputableReason.EmptySample => "a sample holds no usable value",
            NotComputableReason.SingleCategory => "all values are the same in both",
            NotComputableReason.TooFewValues => "there are too few values",
            _ => "the data does not vary",
        },
    };

    /// <summary>Fills what needs no other column; the verdict follows.</summary>
    private static FeatureDrift Describe(DriftColumn column, List<DriftCheck> checks) => new()
    {
        Name = column.Name,
        Kind = column.Kind,
        Role = column.Role,
        Verdict = DriftVerdict.Undecided,
        Test = checks[0].Test,
        EffectFloor = checks[0].EffectFloor,
        Reason = "",
        Checks = checks,
    };

    private static CategoryCount[] NewOnes(CategoricalFrame frame, ReadOnlySpan<int> codes, string[] categories)
    {
        long[] rows = new long[categories.Length];
        long overflow = 0;
        foreach (int code in codes)
        {
            if (code >= 0)
                rows[code]++;
            else
                overflow += code == CategoryTable.Overflow ? 1 : 0;
        }

        IEnumerable<CategoryCount> named = Enumerable.Range(0, categories.Length)
            .Where(i => rows[i] > 0 && frame.IndexOf(categories[i]) == frame.Names.Length)
            .Select(i => new CategoryCount(categories[i], rows[i]));
        if (overflow > 0)
            named = named.Append(new CategoryCount("(others, not told apart)", overflow));
        return [.. named.OrderByDescending(static c => c.Rows).ThenBy(static c => c.Name, StringComparer.Ordinal).Take(10)];
    }

    private static CategoryCount[] Vanished(CategoricalFrame frame, long[] reference, long[] current) =>
        [.. Enumerable.Range(0, frame.Names.Length).Where(i => reference[i] > 0 && current[i] == 0)
            .Select(i => new CategoryCount(frame.Names[i], reference[i])).OrderByDescending(static c => c.Rows).Take(10)];

    private static double[] Shares(ReadOnlySpan<long> counts)
    {
        double total = 0;
        foreach (long count in counts)
            total += count;
        double[] shares = new double[counts.Length];
        for (int i = 0; i < shares.Length; i++)
            shares[i] = Share(counts[i], total);
        return shares;
    }

    private static double Share(double part, double total) => total > 0 ? part / total : 0;

    private double Inflation(double measured) => thresholds.Dependence == RowDependence.Independent ? 1 : measured;
}
