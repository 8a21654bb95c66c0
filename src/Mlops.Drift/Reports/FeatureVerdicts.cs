using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// Decides all columns together: false discoveries are controlled across them, and an effect must also be large enough. Segments make it hierarchical: the whole window and each
/// segment are families of columns, families are selected by their Simes p-values (Benjamini and Hochberg 1995), and of F families R selected
/// ones are tested inside at R / F of the level (Benjamini and Bogomolov 2014). Without segments that is one procedure over the columns.
/// </summary>
internal static class FeatureVerdicts
{
    public static DecidedFamily[] Decide(IReadOnlyList<IReadOnlyList<FeatureDrift>> families, DriftThresholds thresholds)
    {
        TestedFamily[] tested = [.. families.Select(static features => new TestedFamily(features))];
        double[] adjusted = MultipleTesting.BenjaminiHochberg([.. tested.Where(static family => family.PValue.HasValue).Select(static family => family.PValue!.Value)]);
        int selected = adjusted.Count(p => p <= thresholds.Alpha), at = 0;
        DecidedFamily[] decided = new DecidedFamily[tested.Length];
        for (int f = 0; f < decided.Length; f++)
        {
            TestedFamily family = tested[f];
            double? own = family.PValue is null ? null : adjusted[at++];
            double?[] significance = family.Hierarchical(own ?? 1, own <= thresholds.Alpha ? (double)adjusted.Length / selected : null);
            double limit = family.Limit(significance, thresholds.Alpha);
            FeatureDrift[] features = new FeatureDrift[family.Features.Count];
            for (int i = 0; i < features.Length; i++)
                features[i] = Decide(family.Features[i], family.Own[i], significance[i], limit, thresholds);
            decided[f] = new DecidedFamily(features, family.PValue, own);
        }

        return decided;
    }

    public static DriftVerdict Overall(IReadOnlyList<FeatureDrift> features) =>
        features.Count == 0 ? DriftVerdict.Undecided : features.Max(static feature => feature.Verdict);

    private static FeatureDrift Decide(FeatureDrift feature, double? own, double? adjusted, double limit, DriftThresholds thresholds)
    {
        DriftCheck? deciding = null;
        bool drift = false;
        foreach (DriftCheck check in feature.Checks)
        {
            if (check.PValue is not { } p)
                continue;
            bool counts = p / check.Weight <= limit && check.Effect >= check.EffectFloor;
            if (deciding is null || (counts && !drift) || (counts == drift && p / check.Weight < deciding.PValue / deciding.Weight))
                deciding = check;
            drift |= counts;
        }

        deciding ??= feature.Checks[0];
        (DriftVerdict verdict, string reason) = drift
            ? (DriftVerdict.Drift, $"{Effect(deciding)} is at least the floor of {Text(deciding.EffectFloor)}, adjusted p {Text(adjusted)}")
            : Otherwise(feature, deciding, adjusted, thresholds);
        return feature with
        {
            Verdict = verdict,
            Reason = reason,
            Test = deciding.Test,
            Statistic = deciding.Statistic,
            PValue = own,
            AdjustedPValue = adjusted,
            Effect = deciding.Effect,
            EffectFloor = deciding.EffectFloor,
            MinimumDetectableEffect = deciding.MinimumDetectableEffect,
        };
    }

    private static (DriftVerdict Verdict, string Reason) Otherwise(FeatureDrift feature, DriftCheck deciding, double? adjusted, DriftThresholds thresholds)
    {
        if (adjusted is null)
        {
            return feature.ReferenceRows > 0 && feature.CurrentRows > 0 && deciding.Effect is not null
                ? (DriftVerdict.NoDrift, $"nothing to test: {deciding.NotTested}")
                : (DriftVerdict.Undecided, $"nothing to test: {deciding.NotTested}");
        }

        if (adjusted <= thresholds.Alpha && deciding.Effect < deciding.EffectFloor)
            return (DriftVerdict.NoDrift, $"significant (adjusted p {Text(adjusted)}) but negligible: {Effect(deciding)} is below the floor {Text(deciding.EffectFloor)}");
        DriftCheck distribution = feature.Checks[0];
        double material = distribution.Test == DriftTest.KolmogorovSmirnov ? thresholds.MaterialKolmogorovSmirnov : thresholds.MaterialStabilityIndex;
        material = Math.Max(material, distribution.EffectFloor);
        if (distribution.MinimumDetectableEffect is not { } detectable)
            return (DriftVerdict.Undecided, $"the distribution could not be tested: {distribution.NotTested}");
        string found = $"{Name(distribution.Test)} of {Text(detectable)} or more";
        return detectable <= material
            ? (DriftVerdict.NoDrift, $"adjusted p {Text(adjusted)}; {found} would have been found")
            : (DriftVerdict.Undecided, $"adjusted p {Text(adjusted)}, but these {feature.CurrentRows} rows find only {found}");
    }

    private static string Effect(DriftCheck check) => $"{Name(check.Test)} {Text(check.Effect)}";

    private static string Name(DriftTest test) => test switch
    {
        DriftTest.KolmogorovSmirnov => "KS distance",
        DriftTest.ChiSquare => "PSI",
        DriftTest.MissingShare => "change of the missing share",
        DriftTest.NotFiniteShare => "change of the not finite share",
        DriftTest.Range => "share out of range",
        DriftTest.NewCategories => "share of new categories",
        _ => "share of vanished categories",
    };

    private static string Text(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "unknown";
}
