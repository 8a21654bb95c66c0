using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>The spans and instruments of this package, all under the name <c>Mlops.Orchestration</c>.</summary>
internal sealed class OrchestrationTelemetry : IDisposable
{
    public const string Name = "Mlops.Orchestration";
    public const string PipelineTag = "mlops.pipeline";
    public const string StepTag = "mlops.step";
    public const string RunTag = "mlops.pipeline.run.id";
    public const string OutcomeTag = "mlops.outcome";

    private static readonly ActivitySource Source = new(Name);

    private readonly Meter? _owned;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _runs;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _reclaimed;
    private readonly Counter<long> _fenced;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _checks;

    public OrchestrationTelemetry(IMeterFactory? meters)
    {
        Meter meter = meters?.Create(Name) ?? (_owned = new Meter(Name));
        _duration = meter.CreateHistogram<double>("mlops.orchestration.step.duration", "s", "How long attempts ran.");
        _runs = meter.CreateCounter<long>("mlops.orchestration.runs", "{run}", "Runs that are over.");
        _retries = meter.CreateCounter<long>("mlops.orchestration.step.retries", "{attempt}", "Failed attempts that are followed by another.");
        _reclaimed = meter.CreateCounter<long>("mlops.orchestration.step.reclaimed", "{step}", "Steps taken from workers that were lost.");
        _cache = meter.CreateCounter<long>("mlops.orchestration.step.cache", "{step}", "Steps that looked for an earlier result.");
        _checks = meter.CreateCounter<long>("mlops.orchestration.step.checks", "{check}", "Checks that looked at results.");
        _fenced = meter.CreateCounter<long>("mlops.orchestration.fenced_commits", "{commit}", "Commits of attempts that no longer owned their step.");
    }

    /// <summary>The span of a start; steps and the finished run hang below it, in whatever process they run.</summary>
    public static Activity? StartRun(string pipeline) =>
        Source.StartActivity($"start {pipeline}", ActivityKind.Producer)?.SetTag(PipelineTag, pipeline);

    public static Activity? StartStep(StepAttempt attempt)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        return Source.StartActivity($"step {attempt.Node.Key}", ActivityKind.Consumer, Parent(attempt))
            ?.SetTag(PipelineTag, attempt.Graph.Pipeline)
            .SetTag(StepTag, attempt.Step.Key)
            .SetTag(RunTag, attempt.Step.Run.Id)
            .SetTag("mlops.step.attempt", attempt.Step.Attempt);
    }

    /// <summary>The span of a whole run, known only at its end.</summary>
    public static void RecordRun(StepAttempt last, PipelineRunState state)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        using Activity? activity = Source.StartActivity(
            $"run {last.Graph.Pipeline}", ActivityKind.Internal, Parent(last), startTime: UnixMicroseconds.ToTime(last.Step.Run.Created));
        activity?.SetTag(PipelineTag, last.Graph.Pipeline).SetTag(RunTag, last.Step.Run.Id).SetTag(OutcomeTag, state.ToString());
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

    public void Fenced(string pipeline) => _fenced.Add(1, new KeyValuePair<string, object?>(PipelineTag, pipeline));

    public void Dispose() => _owned?.Dispose();

    private static ActivityContext Parent(StepAttempt attempt) =>
        ActivityContext.TryParse(attempt.Step.Run.TraceParent, null, isRemote: true, out ActivityContext parent) ? parent : default;
}
