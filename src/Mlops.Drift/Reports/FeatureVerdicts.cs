using System.Globalization;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Decides all columns together: false discoveries are controlled across them, and an effect must also be large enough.</summary>
internal static class FeatureVerdicts
{
    public static FeatureDrift[] Decide(IReadOnlyList<FeatureDrift> features, DriftThresholds thresholds)
    {
        double?[] own = [.. features.Select(OwnPValue)];
        double[] tested = [.. own.Where(static p => p.HasValue).Select(static p => p!.Value)];
        double[] adjusted = MultipleTesting.BenjaminiHochberg(tested);
        double limit = -1;
        for (int i = 0; i < tested.Length; i++)
        {
            if (adjusted[i] <= thresholds.Alpha)
                limit = Math.Max(limit, tested[i]);
        }

        FeatureDrift[] decided = new FeatureDrift[features.Count];
        int at = 0;
        for (int i = 0; i < decided.Length; i++)
            decided[i] = Decide(features[i], own[i], own[i] is null ? null : adjusted[at++], limit, thresholds);
        return decided;
    }

    public static DriftVerdict Overall(IReadOnlyList<FeatureDrift> features) =>
        features.Count == 0 ? DriftVerdict.Undecided : features.Max(static feature => feature.Verdict);

    /// <summary>Bonferroni within the column: the smallest p times the number of checks that could be made.</summary>
    private static double? OwnPValue(FeatureDrift feature)
    {
        int count = feature.Checks.Count(static check => check.PValue.HasValue);
        return count == 0 ? null : Math.Min(1, count * feature.Checks.Min(static check => check.PValue ?? 1));
    }

    private static FeatureDrift Decide(FeatureDrift feature, double? own, double? adjusted, double limit, DriftThresholds thresholds)
    {
        int count = feature.Checks.Count(static check => check.PValue.HasValue);
        DriftCheck? deciding = null;
        bool drift = false;
        foreach (DriftCheck check in feature.Checks)
        {
            if (check.PValue is not { } p)
                continue;
            bool counts = count * p <= limit && check.Effect >= check.EffectFloor;
            if (deciding is null || (counts && !drift) || (counts == drift && p < deciding.PValue))
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
        _ => "change of the not finite share",
    };

    private static string Text(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "unknown";
}
