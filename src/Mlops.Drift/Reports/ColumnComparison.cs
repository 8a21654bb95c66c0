using System.Numerics;
using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Compares one column of a window with the reference and leaves the verdict to those who know the other columns.</summary>
internal sealed class ColumnComparison(DriftThresholds thresholds)
{
    private readonly DistributionCheck _distribution = new(thresholds);
    private readonly ShareChecks _shares = new(thresholds);

    private bool IsMeasured => thresholds.Dependence == RowDependence.Measured;

    public FeatureDrift Of(DriftColumn column, ReferenceProfile profile, ReferenceView view, RowSet rows)
    {
        int slot = column.Slot;
        return column.Kind == ColumnKind.Numeric
            ? Numeric(column, profile.NumericFrames[slot], view, rows.Numeric(slot))
            : Categorical(column, profile.CategoricalFrames[slot], view, rows.Categorical(slot), rows.Categories[slot]);
    }

    /// <summary>The same of a window that is itself described by a profile of the same bins.</summary>
    public FeatureDrift Of(DriftColumn column, ReferenceProfile profile, ReferenceView view, ProfilePart window)
    {
        int slot = column.Slot;
        if (column.Kind == ColumnKind.Categorical)
        {
            CategoricalSummary counted = window.Categorical[slot];
            long unseen = view.Categorical[slot].Counts[^1] == 0 ? counted.Counts[^1] : 0;
            return Categorical(column, profile.CategoricalFrames[slot], view.Categorical[slot], counted, Inflation(counted.Inflation)) with
            {
                NewCategories = unseen > 0 ? [new CategoryCount(CategoryLists.Others, unseen)] : [],
            };
        }

        NumericSummary current = window.Numeric[slot];
        PreparedSample sample = window.Prepared[slot];
        NumericFrame frame = profile.NumericFrames[slot];
        long outside = Outside<double>(column, view.Numeric[slot].Moments, current.Moments, window.Sample.Numbers[slot]);
        return Numeric(
            column, frame, view, current, Inflation(current.Inflation), outside, sample.Count,
            IsByBins(frame) ? null : KolmogorovSmirnov.Test(view.Samples[slot], sample, DistributionCheck.DistanceOptions));
    }

    public FeatureDrift Numeric<T>(DriftColumn column, NumericFrame frame, ReferenceView view, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        NumericSummary current = new(frame.Edges);
        current.Add(values);
        double inflation = IsMeasured ? Dependence.InflationOf(values) : 1;
        if (IsMeasured && current.Missing > 0)
            current.MissingInflation = Dependence.InflationOfMissing(values);
        NumericSummary reference = view.Numeric[column.Slot];
        long outside = Outside(column, reference.Moments, current.Moments, values);
        if (IsByBins(frame))
            return Numeric(column, frame, view, current, inflation, outside, current.Histogram.FiniteCount, null);
        TwoSampleResult distance = typeof(T) == typeof(float)
            ? KolmogorovSmirnov.Test(view.Samples[column.Slot], MemoryMarshal.Cast<T, float>(values), DistributionCheck.DistanceOptions)
            : KolmogorovSmirnov.Test(view.Samples[column.Slot], MemoryMarshal.Cast<T, double>(values), DistributionCheck.DistanceOptions);
        return Numeric(column, frame, view, current, inflation, outside, current.Histogram.FiniteCount, distance);
    }

    public FeatureDrift Categorical(DriftColumn column, CategoricalFrame frame, ReferenceView view, ReadOnlySpan<int> codes, string[] categories)
    {
        CategoricalSummary reference = view.Categorical[column.Slot], current = new(frame.Names.Length);
        current.Add(frame.Count(codes, categories, out long missing), missing);
        double inflation = IsMeasured ? Dependence.InflationOf(frame.BinsOf(codes, categories), current.Counts) : 1;
        if (IsMeasured && missing > 0)
            current.MissingInflation = Dependence.InflationOfMissing(codes);
        return Categorical(column, frame, reference, current, inflation) with
        {
            NewCategories = reference.Counts[^1] == 0 ? CategoryLists.New(frame, codes, categories) : [],
        };
    }

    private static bool IsByBins(NumericFrame frame) => frame.IsDiscrete || frame.LargestAtom >= NumericFrame.LargeAtom;

    private FeatureDrift Numeric(
        DriftColumn column, NumericFrame frame, ReferenceView view, NumericSummary current, double currentInflation, long outside, long outsideOf, TwoSampleResult? distance)
    {
        NumericSummary reference = view.Numeric[column.Slot];
        PreparedSample sample = view.Samples[column.Slot];
        double referenceInflation = Inflation(reference.Inflation);
        DriftCheck distribution = distance is null
            ? _distribution.Bins(
                reference.Histogram.Counts, current.Histogram.Counts, areCategories: false,
                EffectFloors.StabilityIndex(column, sample, frame.Edges, thresholds.StabilityIndexFloor), referenceInflation, currentInflation)
            : _distribution.Distance(
                distance, EffectFloors.Distance(column, sample, thresholds.KolmogorovSmirnovFloor), referenceInflation, currentInflation);
        return Describe(
            column,
            distribution,
            _shares.Share(DriftTest.MissingShare, reference.Missing, reference.Total, current.Missing, current.Total, Inflation(Math.Max(reference.MissingInflation, current.MissingInflation))),
            _shares.Share(DriftTest.NotFiniteShare, reference.NotFinite, reference.Total, current.NotFinite, current.Total, 1),
            _shares.Range(outside, reference.Moments.Count / referenceInflation, outsideOf, currentInflation)) with
        {
            ReferenceRows = distance is null ? reference.Histogram.FiniteCount : sample.Count,
            CurrentRows = current.Total,
            ReferenceInflation = referenceInflation,
            CurrentInflation = currentInflation,
            ReferenceMean = reference.Moments.Mean,
            CurrentMean = current.Moments.Mean,
            ReferenceMissingShare = Share(reference.Missing, reference.Total),
            CurrentMissingShare = Share(current.Missing, current.Total),
            ReferenceShares = Shares(reference.Histogram.Counts),
            CurrentShares = Shares(current.Histogram.Counts),
        };
    }

    private FeatureDrift Categorical(DriftColumn column, CategoricalFrame frame, CategoricalSummary reference, CategoricalSummary current, double currentInflation)
    {
        double referenceInflation = Inflation(reference.Inflation);
        return Describe(
            column,
            _distribution.Bins(reference.Counts, current.Counts, areCategories: true, column.EffectFloor ?? thresholds.StabilityIndexFloor, referenceInflation, currentInflation),
            _shares.Share(DriftTest.MissingShare, reference.Missing, reference.Total, current.Missing, current.Total, Inflation(Math.Max(reference.MissingInflation, current.MissingInflation))),
            _shares.NewCategories(reference.Counts, current.Counts, currentInflation),
            _shares.VanishedCategories(reference.Counts, current.Counts, Math.Max(referenceInflation, currentInflation))) with
        {
            ReferenceRows = reference.Total - reference.Missing,
            CurrentRows = current.Total,
            ReferenceInflation = referenceInflation,
            CurrentInflation = currentInflation,
            ReferenceMissingShare = Share(reference.Missing, reference.Total),
            CurrentMissingShare = Share(current.Missing, current.Total),
            VanishedCategories = CategoryLists.Vanished(frame, reference.Counts, current.Counts),
            ReferenceShares = Shares(reference.Counts),
            CurrentShares = Shares(current.Counts),
        };
    }

    /// <summary>Finite values beyond the reference's smallest and largest one, by more than a shift that does not count.</summary>
    private static long Outside<T>(DriftColumn column, Moments reference, Moments current, ReadOnlySpan<T> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double tolerance = column.SmallestShift ?? 0;
        if (reference.Min - tolerance is not { } lowest || reference.Max + tolerance is not { } highest || (current.Min >= lowest && current.Max <= highest))
            return 0;
        long outside = 0;
        foreach (T value in values)
        {
            double number = double.CreateTruncating(value);
            outside += double.IsFinite(number) && (number < lowest || number > highest) ? 1 : 0;
        }

        return outside;
    }

    /// <summary>Fills what needs no other column; the verdict follows.</summary>
    private static FeatureDrift Describe(DriftColumn column, DriftCheck distribution, params ReadOnlySpan<DriftCheck?> shares)
    {
        List<DriftCheck> checks = [distribution];
        foreach (DriftCheck? share in shares)
        {
            if (share is not null)
                checks.Add(share);
        }

        return new FeatureDrift
        {
            Name = column.Name,
            Kind = column.Kind,
            Role = column.Role,
            Verdict = DriftVerdict.Undecided,
            Test = distribution.Test,
            EffectFloor = distribution.EffectFloor,
            Reason = "",
            Checks = checks,
        };
    }

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

    private double Inflation(double measured) => IsMeasured ? measured : 1;
}
