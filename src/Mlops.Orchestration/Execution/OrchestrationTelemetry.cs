using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>The spans and instruments of this package, all under the name <c>Mlops.Orchestration</c>.</summary>
internal sealed class OrchestrationTelemetry
{
    public const string Name = "Mlops.Orchestration";
    public const string PipelineTag = "mlops.pipeline";
    public const string StepTag = "mlops.step";
    public const string RunTag = "mlops.pipeline.run.id";
    public const string OutcomeTag = "mlops.outcome";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Where no host has a factory: one for the process, as its name says whose it is.</summary>
    private static readonly Meter Shared = new(Name);

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _runs;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _reclaimed;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _checks;
    private readonly Counter<long> _purged;

    public OrchestrationTelemetry(IMeterFactory? meters)
    {
        Meter meter = meters?.Create(Name) ?? Shared;
        _duration = meter.CreateHistogram<double>("mlops.orchestration.step.duration", "s", "How long attempts ran.");
        _runs = meter.CreateCounter<long>("mlops.orchestration.runs", "{run}", "Runs that are over.");
        _retries = meter.CreateCounter<long>("mlops.orchestration.step.retries", "{attempt}", "Failed attempts that are followed by another.");
        _reclaimed = meter.CreateCounter<long>("mlops.orchestration.step.reclaimed", "{step}", "Steps taken from workers that were lost.");
        _cache = meter.CreateCounter<long>("mlops.orchestration.step.cache", "{step}", "Steps that looked for an earlier result.");
        _checks = meter.CreateCounter<long>("mlops.orchestration.step.checks", "{check}", "Checks that looked at results.");
        _purged = meter.CreateCounter<long>("mlops.orchestration.runs.purged", "{run}", "Runs that were removed for good.");
        _fenced = meter.CreateCounter<long>("mlops.orchestration.fenced_commits", "{commit}", "Commits of attempts that no longer owned their step.");
    }

    /// <summary>The span of a start; steps and the finished run hang below it, in whatever process they run.</summary>
    public static Activity? StartRun(string pipeline) =>
        Source.StartActivity($"start {pipeline}", ActivityKind.Producer)?.SetTag(PipelineTag, pipeline);

    /// <summary>Says which run was started; the span of a start that did not happen is not exported.</summary>
    public static void EndStart(Activity? start, long? runId)
    {
        if (runId is null && start is not null)
        {
            start.IsAllDataRequested = false;
            start.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }

        start?.SetTag(RunTag, runId);
    }

    public static Activity? StartStep(StepAttempt attempt)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        return Source.StartActivity($"step {attempt.Node.Key}", ActivityKind.Consumer, Parent(attempt.Step.Run.TraceParent))
            ?.SetTag(PipelineTag, attempt.Graph.Pipeline)
            .SetTag(StepTag, attempt.Step.Key)
            .SetTag(RunTag, attempt.Step.Run.Id)
            .SetTag("mlops.step.attempt", attempt.Step.Attempt);
    }

    /// <summary>The span of a whole run, known only at its end.</summary>
    public static void RecordRun(RunEnd run)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        using Activity? activity = Source.StartActivity(
            $"run {run.Pipeline}", ActivityKind.Internal, Parent(run.TraceParent), startTime: UnixMicroseconds.ToTime(run.Created));
        activity?.SetTag(PipelineTag, run.Pipeline).SetTag(RunTag, run.Id).SetTag(OutcomeTag, run.State.ToString());
    }

    public void StepEnded(StepAttempt attempt, TimeSpan duration, string outcome)
    {
        if (_duration.Enabled)
        {
            _duration.Record(
                duration.TotalSeconds,
                new KeyValuePair<string, object?>(PipelineTag, attempt.Graph.Pipeline),
                new KeyValuePair<string, object?>(StepTag, attempt.Node.Key),
                new KeyValuePair<string, object?>(OutcomeTag, outcome));
        }
    }

    public void RunEnded(string pipeline, PipelineRunState state) => _runs.Add(
        1, new KeyValuePair<string, object?>(PipelineTag, pipeline), new KeyValuePair<string, object?>(OutcomeTag, state.ToString()));

    public void RetryScheduled(string pipeline) => _retries.Add(1, new KeyValuePair<string, object?>(PipelineTag, pipeline));

    public void Reclaimed(int steps) => _reclaimed.Add(steps);

    public void CacheLooked(string pipeline, CacheOutcome outcome) => _cache.Add(
        1, new KeyValuePair<string, object?>(PipelineTag, pipeline), new KeyValuePair<string, object?>(OutcomeTag, outcome.ToString()));

    public void Checked(string pipeline, string node, CheckOutcome outcome) => _checks.Add(
        1,
        new KeyValuePair<string, object?>(PipelineTag, pipeline),
        new KeyValuePair<string, object?>(StepTag, node),
        new KeyValuePair<string, object?>(OutcomeTag, outcome.ToString()));

    public void Purged(int runs) => _purged.Add(runs);

    public void Fenced(string pipeline) => _fenced.Add(1, new KeyValuePair<string, object?>(PipelineTag, pipeline));

    private static ActivityContext Parent(string? traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out ActivityContext parent) ? parent : default;
}
