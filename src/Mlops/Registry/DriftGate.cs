using System.Globalization;
using Mlops.Drift;
using Mlops.Registry;

namespace Mlops;

/// <summary>Gates on drift, for promotions.</summary>
public static class DriftGate
{
    private const int NamedFeatures = 10;

    /// <summary>
    /// Passes when the report found no drift, fails when it found some, and is undecided when the report is. The decision keeps the verdict, how
    /// many columns drift and the names of the worst ten; never a value of a column or segment.
    /// </summary>
    /// <param name="report">For example the candidate's training data compared with what is served, or the last report of a monitor.</param>
    public static IPromotionGate NoDrift(DriftReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return PromotionGate.Create("drift", _ => Judge(report));
    }

    /// <summary>
    /// Like <see cref="NoDrift(DriftReport)"/>, by what the monitor's last evaluation said when the gate is asked; undecided before the first one.
    /// Nothing is evaluated here. The gate is called <c>drift:</c> and the monitor's name.
    /// </summary>
    public static IPromotionGate NoDrift(DriftMonitor monitor)
    {
        ArgumentNullException.ThrowIfNull(monitor);
        return PromotionGate.Create($"drift:{monitor.Name}", _ => monitor.Status.LastReport is { } report
            ? Judge(report)
            : GateResult.Undecided($"monitor '{monitor.Name}' has not evaluated anything yet"));
    }

    private static GateResult Judge(DriftReport report)
    {
        List<FeatureDrift> drifting = [.. report.Features.Where(static feature => feature.Verdict == DriftVerdict.Drift)];
        List<(string Name, double Value)> numbers = [("rows", report.Rows), ("features", report.Features.Count), ("drifting", drifting.Count)];
        if (report.PValue is { } p)
        {
            numbers.Add(("p", p));
        }

        GateResult result = report.Verdict switch
        {
            DriftVerdict.NoDrift => GateResult.Pass("no drift", [.. numbers]),
            DriftVerdict.Drift => GateResult.Fail(
                string.Create(CultureInfo.InvariantCulture, $"{drifting.Count} of {report.Features.Count} columns drift{(drifting.Count == 0 ? ", in segments" : "")}"), [.. numbers]),
            _ => GateResult.Undecided(report.HasReference ? "the report is undecided" : "there was no reference to compare with", [.. numbers]),
        };
        return result with { Facts = FactsOf(report, drifting) };
    }

    private static Dictionary<string, string> FactsOf(DriftReport report, List<FeatureDrift> drifting)
    {
        Dictionary<string, string?> facts = new()
        {
            ["verdict"] = report.Verdict switch
            {
                DriftVerdict.NoDrift => "no drift",
                DriftVerdict.Drift => "drift",
                _ => "undecided",
            },
            ["worst"] = drifting.Count == 0
                ? null
                : string.Join(", ", drifting
                    .OrderBy(static feature => feature.AdjustedPValue ?? feature.PValue ?? 0)
                    .ThenByDescending(static feature => feature.EffectFloor > 0 ? feature.Effect / feature.EffectFloor : feature.Effect)
                    .ThenBy(static feature => feature.Name, StringComparer.Ordinal)
                    .Take(NamedFeatures).Select(static feature => feature.Name)),
            ["monitor"] = report.Monitor,
            ["modelVersion"] = report.ModelVersion,
            ["reference"] = report.ReferenceDigest,
            ["evaluatedAt"] = report.EvaluatedAt?.ToString("O", CultureInfo.InvariantCulture),
        };
        return facts.Where(static fact => fact.Value is not null).ToDictionary(static fact => fact.Key, static fact => fact.Value!);
    }
}
