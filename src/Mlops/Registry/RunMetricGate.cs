using System.Globalization;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops;

/// <summary>
/// Gates on metrics of the tracked runs that versions come from: the last value that was logged. A version without a run, a run that is not
/// found or deleted, a metric that was not logged or is NaN are undecided, so the candidate does not pass. The decision keeps the values and the
/// ids of the runs.
/// </summary>
public static class RunMetricGate
{
    /// <summary>Passes when the metric of the candidate's run is at most <paramref name="limit"/>.</summary>
    public static IPromotionGate AtMost(Tracker tracker, string metric, double limit) =>
        Against(tracker, metric, limit, static (value, limit) => value <= limit, "at most");

    /// <summary>Passes when the metric of the candidate's run is at least <paramref name="limit"/>.</summary>
    public static IPromotionGate AtLeast(Tracker tracker, string metric, double limit) =>
        Against(tracker, metric, limit, static (value, limit) => value >= limit, "at least");

    /// <summary>
    /// For metrics of which less is better: passes when the candidate's is at most the current version's plus a margin. Without a current
    /// version it passes.
    /// </summary>
    /// <param name="tracker">Where the runs are.</param>
    /// <param name="metric">The metric's key.</param>
    /// <param name="margin">How much worse the candidate may be, in the metric's unit; negative: how much better it must be. Default 0.</param>
    public static IPromotionGate AtMostCurrent(Tracker tracker, string metric, double margin = 0) =>
        AgainstCurrent(tracker, metric, margin, static (value, current, margin) => value <= current + margin, "at most");

    /// <summary>
    /// For metrics of which more is better: passes when the candidate's is at least the current version's minus a margin. Without a current
    /// version it passes.
    /// </summary>
    /// <param name="tracker">Where the runs are.</param>
    /// <param name="metric">The metric's key.</param>
    /// <param name="margin">How much worse the candidate may be, in the metric's unit; negative: how much better it must be. Default 0.</param>
    public static IPromotionGate AtLeastCurrent(Tracker tracker, string metric, double margin = 0) =>
        AgainstCurrent(tracker, metric, margin, static (value, current, margin) => value >= current - margin, "at least");

    private static IPromotionGate Against(Tracker tracker, string metric, double limit, Func<double, double, bool> holds, string words)
    {
        Require(tracker, metric, limit, nameof(limit));
        return PromotionGate.Create($"run:{metric}", async (context, cancellationToken) =>
        {
            (double? found, string missing) = await ReadAsync(tracker, context.Candidate, metric, cancellationToken).ConfigureAwait(false);
            if (found is not { } value)
            {
                return WithRuns(GateResult.Undecided(missing, ("limit", limit)), context.Candidate);
            }

            bool passes = holds(value, limit);
            string reason = string.Create(CultureInfo.InvariantCulture, $"{value} is {(passes ? "" : "not ")}{words} {limit}");
            return WithRuns(Verdict(passes, reason, ("value", value), ("limit", limit)), context.Candidate);
        });
    }

    private static IPromotionGate AgainstCurrent(Tracker tracker, string metric, double margin, Func<double, double, double, bool> holds, string words)
    {
        Require(tracker, metric, margin, nameof(margin));
        return PromotionGate.Create($"run:{metric}:current", async (context, cancellationToken) =>
        {
            if (context.Current is not { } current)
            {
                return GateResult.Pass("there is no current version");
            }

            (double? found, string missing) = await ReadAsync(tracker, context.Candidate, metric, cancellationToken).ConfigureAwait(false);
            (double? before, string missingBefore) = await ReadAsync(tracker, current, metric, cancellationToken).ConfigureAwait(false);
            if (found is not { } value || before is not { } rival)
            {
                return WithRuns(GateResult.Undecided(found is null ? missing : missingBefore, ("margin", margin)), context.Candidate, current);
            }

            bool passes = holds(value, rival, margin);
            string reason = string.Create(
                CultureInfo.InvariantCulture, $"{value} is {(passes ? "" : "not ")}{words} {rival} of version {current.Number}, with a margin of {margin}");
            return WithRuns(Verdict(passes, reason, ("value", value), ("current", rival), ("margin", margin)), context.Candidate, current);
        });
    }

    private static GateResult Verdict(bool passes, string reason, params ReadOnlySpan<(string Name, double Value)> numbers) =>
        passes ? GateResult.Pass(reason, numbers) : GateResult.Fail(reason, numbers);

    /// <summary>The metric's last value, or why there is none to decide on.</summary>
    private static async ValueTask<(double? Value, string Missing)> ReadAsync(
        Tracker tracker, ModelVersion version, string metric, CancellationToken cancellationToken)
    {
        if (version.RunId is not { } runId)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"version {version.Number} comes from no run"));
        }

        RunRecord? run = await tracker.FindRunAsync(runId, cancellationToken).ConfigureAwait(false);
        if (run is null || run.IsDeleted)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"the run of version {version.Number} is {(run is null ? "not found" : "deleted")}"));
        }

        return run.Metrics.TryGetValue(metric, out MetricSummary? summary) && !double.IsNaN(summary.Value)
            ? (summary.Value, "")
            : (null, string.Create(CultureInfo.InvariantCulture, $"the run of version {version.Number} has no '{metric}'{(summary is null ? "" : " but NaN")}"));
    }

    private static GateResult WithRuns(GateResult result, ModelVersion candidate, ModelVersion? current = null)
    {
        Dictionary<string, string> facts = [];
        if (candidate.RunId is { } run)
        {
            facts.Add("run", run);
        }

        if (current?.RunId is { } before)
        {
            facts.Add("currentRun", before);
        }

        return result with { Facts = facts };
    }

    private static void Require(Tracker tracker, string metric, double number, string parameter)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentException.ThrowIfNullOrWhiteSpace(metric);
        if (double.IsNaN(number))
        {
            throw new ArgumentException($"The {parameter} of '{metric}' is NaN, which nothing can be compared with.", parameter);
        }
    }
}
