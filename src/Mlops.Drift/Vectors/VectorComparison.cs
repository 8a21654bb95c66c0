using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Runs the test that was chosen and puts its result into words.</summary>
internal static class VectorComparison
{
    public static VectorDrift Compare(VectorSample reference, VectorSample current, VectorDriftOptions options)
    {
        TwoSampleResult result = Test(reference, current, options);
        double? detectable = DetectableChange.Area(options.Test, reference.Count, current.Count, options.Alpha);
        VectorDrift drift = new()
        {
            Test = options.Test,
            Verdict = DriftVerdict.Undecided,
            Reason = "",
            Statistic = result.Statistic,
            PValue = result.PValue,
            Effect = result.Effect?.Value,
            EffectFloor = options.Floor,
            MinimumDetectableArea = detectable,
            Columns = reference.Columns,
            ReferenceRows = reference.Given,
            CurrentRows = current.Given,
            ReferenceRowsCompared = reference.Count,
            CurrentRowsCompared = current.Count,
            ReferenceRowsNotFinite = reference.NotFinite,
            CurrentRowsNotFinite = current.NotFinite,
        };
        (DriftVerdict verdict, string reason) = Judge(drift, result.Reason, options);
        return drift with { Verdict = verdict, Reason = reason + Sampled(reference, current) };
    }

    private static TwoSampleResult Test(VectorSample reference, VectorSample current, VectorDriftOptions options)
    {
        ulong seed = unchecked((ulong)options.Seed);
        return options.Test switch
        {
            VectorTest.ClassifierTwoSample => LinearClassifierTest.Test(DenseRows.Of(reference), DenseRows.Of(current), options.Seed, DenseRows.Standardize),
            VectorTest.MaximumMeanDiscrepancy => MaximumMeanDiscrepancy.Test(
                reference.Values, current.Values, reference.Columns, new() { Permutations = options.Permutations, Seed = seed }),
            VectorTest.SlicedWasserstein => SlicedWasserstein.Test(
                reference.Values, current.Values, reference.Columns, new() { Permutations = options.Permutations, Directions = options.Directions, Seed = seed }),
            _ => ReconstructionError.Test(reference.Values, current.Values, reference.Columns, new() { VarianceShare = options.VarianceShare, Seed = seed }),
        };
    }

    private static (DriftVerdict Verdict, string Reason) Judge(VectorDrift drift, NotComputableReason? missing, VectorDriftOptions options)
    {
        if (drift.PValue is not { } p)
        {
            return missing == NotComputableReason.ConstantSample && drift.Test != VectorTest.ReconstructionError
                ? (DriftVerdict.NoDrift, "nothing to test: all rows are the same in both")
                : (DriftVerdict.Undecided, $"nothing to test: {Words(missing)}");
        }

        string effect = $"{Name(drift.Test)} {Text(drift.Effect)}";
        if (p <= options.Alpha)
        {
            // Without a spread of the reference the effect has no unit, but rows that left a constant have moved.
            return drift.Effect is not { } size || size >= drift.EffectFloor
                ? (DriftVerdict.Drift, $"{effect} is at least the floor of {Text(drift.EffectFloor)}, p {Text(p)}")
                : (DriftVerdict.NoDrift, $"significant (p {Text(p)}) but negligible: {effect} is below the floor {Text(drift.EffectFloor)}");
        }

        if (1.0 / (options.Permutations + 1) > options.Alpha && drift.Test is VectorTest.MaximumMeanDiscrepancy or VectorTest.SlicedWasserstein)
            return (DriftVerdict.Undecided, $"{options.Permutations} relabellings give no p-value as small as {Text(options.Alpha)}");
        string change = drift.MinimumDetectableArea is { } area ? DetectableChange.Words(drift.Test, area) : "nothing";
        return drift.MinimumDetectableArea <= options.MaterialArea
            ? (DriftVerdict.NoDrift, $"p {Text(p)}; {change} would have been found")
            : (DriftVerdict.Undecided, $"p {Text(p)}, but so few rows find nothing smaller than {change}");
    }

    private static string Sampled(VectorSample reference, VectorSample current) =>
        reference.Given - reference.NotFinite > reference.Count || current.Given - current.NotFinite > current.Count
            ? $" (a sample of {reference.Count} and {current.Count} rows was compared)"
            : "";

    private static string Name(VectorTest test) => test switch
    {
        VectorTest.ClassifierTwoSample => "area under the curve",
        VectorTest.MaximumMeanDiscrepancy => "squared discrepancy",
        VectorTest.SlicedWasserstein => "sliced distance",
        _ => "KS distance of reconstruction errors",
    };

    private static string Words(NotComputableReason? reason) => reason switch
    {
        NotComputableReason.EmptySample => "a sample holds no finite row",
        NotComputableReason.TooFewValues => "there are too few rows",
        NotComputableReason.NumericOverflow => "values are too large",
        _ => "the rows do not vary",
    };

    private static string Text(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "unknown";
}
