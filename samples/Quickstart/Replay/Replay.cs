using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;

namespace Quickstart;

/// <summary>
/// The loop in the life of a model, day by day: predict, observe, join yesterday's label, look at the monitor, and when it raises an alarm wait
/// for the pipeline that it started. A day is closed in one transaction. Whatever a killed process had done of a day that it did not close
/// is found again by its key: the prediction by its day, the pipeline run by the alarm's day, versions and decisions by the step's key.
/// </summary>
public sealed class Replay(
    RideHistory history,
    ReplayLog log,
    RidershipModels models,
    ModelRegistry registry,
    ModelServer server,
    DriftMonitor<ServedRide> monitor,
    DriftStore driftStore,
    Pipelines pipelines,
    BadCandidate badCandidate,
    ReplayClock clock)
{
    private readonly AlertLog _alerts = new();

    // The days that are closed, and at most one more whose prediction is stored: all that is left of earlier processes.
    private ReplayedDay[] _known = [];
    private int _closed;
    private int _runs;
    private int _promotions;

    /// <summary>
    /// Brings monitor and clock to where the last closed day left them, or to version 1. Comes before the host starts: its worker takes up what
    /// a killed process left of a pipeline, and that belongs to the day that is open.
    /// </summary>
    /// <exception cref="RideCsvException">The log holds a replay of other data.</exception>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        monitor.AddObserver(_alerts);
        IReadOnlyList<ReplayedDay> days = await log.ReadAsync(cancellationToken);
        _known = [.. days.Where(static day => day.Prediction is not null)];
        RequireSameData(days);
        _closed = _known.Count(static day => day.End is not null);
        foreach (ReplayedDay day in _known.Take(_closed))
            Count(day.End!);
        if (_closed < history.Replayed.Count)
            clock.MoveTo(history.Replayed[_closed].Date);

        if (await driftStore.FindStateAsync(monitor.Name, cancellationToken) is { } state)
            monitor.RestoreState(state);
        else
            await ActivateAsync(await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, 1), cancellationToken), cancellationToken);
    }

    /// <summary>Replays what is not replayed yet, in a host that has started.</summary>
    public async Task RunAsync(IProgress<ReplayDayDone> progress, CancellationToken cancellationToken)
    {
        IPredictor<ReadOnlyMemory<float>, float> champion = server.GetPredictor<ReadOnlyMemory<float>, float>(RidershipModels.Name);
        IPredictor<ReadOnlyMemory<float>, float> frozen = server.GetPredictor<ReadOnlyMemory<float>, float>(RidershipModels.Frozen);
        ReplayedDay? yesterday = _closed > 0 ? _known[_closed - 1] : null;
        for (int i = _closed; i < history.Replayed.Count; i++)
        {
            Ride ride = history.Replayed[i];
            clock.MoveTo(ride.Date);
            ReplayedDay day = i < _known.Length ? _known[i] : await PredictAsync(ride, champion, frozen, cancellationToken);
            Count(await CloseAsync(ride, day, yesterday, cancellationToken));
            yesterday = day;
            progress.Report(new ReplayDayDone(i + 1, history.Replayed.Count, ride.Date, day.Version!.Value, _runs, _promotions));
        }
    }

    private async Task<ReplayedDay> PredictAsync(
        Ride ride, IPredictor<ReadOnlyMemory<float>, float> champion, IPredictor<ReadOnlyMemory<float>, float> frozen, CancellationToken cancellationToken)
    {
        float[] features = models.Features.Of(ride);
        Prediction<float> prediction = await champion.PredictAsync(features, cancellationToken);
        var day = new ReplayedDay
        {
            Date = ride.Date,
            Features = features,
            Prediction = prediction.Value,
            PredictionId = prediction.Id.ToString(),
            Version = (int)prediction.Version.Number,
            Frozen = (await frozen.PredictAsync(features, cancellationToken)).Value,
        };
        await log.PredictAsync(day, cancellationToken);
        return day;
    }

    private async Task<DayEnd> CloseAsync(Ride ride, ReplayedDay day, ReplayedDay? yesterday, CancellationToken cancellationToken)
    {
        monitor.Observe(new ServedRide(ride, day.PredictionId!, (float)day.Prediction!.Value));
        (DateOnly Date, double Actual)? label = yesterday is null ? null : (yesterday.Date, history.Get(yesterday.Date).Ridership);
        if (label is var (_, actual))
            monitor.ObserveLabel(yesterday!.PredictionId, actual);
        DriftReport report = await monitor.EvaluateAsync(cancellationToken);
        IReadOnlyList<AlertKind> standing = monitor.Status.ActiveAlerts;

        List<CandidateDecision> decisions = [];
        if (_alerts.StartedPipeline)
            decisions.Add(await WaitForPipelineAsync(ride.Date, cancellationToken));
        if (await badCandidate.PushAsync(ride.Date, cancellationToken) is { } pushed)
            decisions.Add(pushed);

        var end = new DayEnd(standing.Contains(AlertKind.Error), standing.Contains(AlertKind.Data), decisions, WindowsOf(report, day.Version!.Value));
        await log.CloseAsync(ride.Date, end, label, monitor.Name, monitor.SaveState(), _alerts.Take(), cancellationToken);
        return end;
    }

    /// <summary>The clock waits for the run that today's alarm has started; a promotion changes what is served and watched from tomorrow on.</summary>
    private async Task<CandidateDecision> WaitForPipelineAsync(DateOnly date, CancellationToken cancellationToken)
    {
        IReadOnlyList<PipelineRun> newest = await pipelines.ListRunsAsync(nameof(RetrainRidership), take: 1, cancellationToken: cancellationToken);
        if (newest.Count == 0 || newest[0].IdempotencyKey != RetrainRidership.KeyOf(date))
            throw new InvalidOperationException($"The alarm of {date:yyyy-MM-dd} has started no pipeline; the log above says why.");
        PipelineRun run = (await pipelines.WaitAsync(newest[0].Id, cancellationToken)).EnsureSucceeded();
        CandidateDecision decision = await run.GetResultAsync<CandidateDecision>("judge", cancellationToken);
        if (!decision.Accepted)
            return decision;
        int promoted = await run.GetResultAsync<int>("refit", cancellationToken);
        await server.Get(RidershipModels.Name).ReloadAsync(cancellationToken);
        await ActivateAsync(await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, promoted), cancellationToken), cancellationToken);
        return decision with { Promoted = promoted };
    }

    private async Task ActivateAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        string digest = version.Hash.ToString();
        ServedReference reference = await driftStore.FindAsync(monitor.Name, digest, cancellationToken)
            ?? throw new InvalidOperationException($"Version {version.Number} has no reference; it was not registered by this sample.");
        monitor.Activate(digest, reference.Profile, reference.ErrorBaseline);
    }

    private void RequireSameData(IReadOnlyList<ReplayedDay> days)
    {
        foreach (ReplayedDay day in days)
        {
            bool same = history.Contains(day.Date)
                && day.Features.AsSpan().SequenceEqual(models.Features.Of(history.Get(day.Date)))
                && (day.Actual is not { } actual || actual == history.Get(day.Date).Ridership);
            if (!same)
                throw Different(day.Date);
        }

        for (int i = 0; i < _known.Length; i++)
        {
            if (history.Replayed[i].Date != _known[i].Date)
                throw Different(history.Replayed[i].Date);
        }
    }

    private RideCsvException Different(DateOnly date) =>
        new(history.Path, $"{date:yyyy-MM-dd} differs from what was replayed before, or one of them lacks it. Give another folder with --output, or the same file.");

    private void Count(DayEnd end)
    {
        _runs += end.Decisions.Count(static decision => decision.Origin != CandidateOrigin.Pushed);
        _promotions += end.Decisions.Count(static decision => decision.Accepted);
    }

    /// <summary>What a window that ended today says of each input; nothing on other days.</summary>
    private static FeatureWindow[] WindowsOf(DriftReport report, int version) => report.Partial || !report.HasReference
        ? []
        : [.. report.Features.Where(static feature => feature.Role == ColumnRole.Feature).Select(feature => new FeatureWindow(
            DateOnly.FromDateTime(report.From!.Value.UtcDateTime), DateOnly.FromDateTime(report.To!.Value.UtcDateTime), version, feature.Name,
            feature.Effect ?? 0, feature.AdjustedPValue ?? 1, feature.Verdict == DriftVerdict.Drift))];

    /// <summary>The alerts of the day that is not closed yet.</summary>
    private sealed class AlertLog : IDriftObserver
    {
        private readonly List<DriftAlert> _alerts = [];

        /// <summary>Whether one was raised or repeated, which starts the pipeline.</summary>
        public bool StartedPipeline => _alerts.Exists(static alert => alert.Change is AlertChange.Raised or AlertChange.Repeated);

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            _alerts.Add(alert);
            return ValueTask.CompletedTask;
        }

        public DriftAlert[] Take()
        {
            DriftAlert[] taken = [.. _alerts];
            _alerts.Clear();
            return taken;
        }
    }
}
