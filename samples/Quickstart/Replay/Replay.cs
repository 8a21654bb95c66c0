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

    /// <summary>Replays what is not replayed yet.</summary>
    /// <exception cref="RideCsvException">The log holds a replay of other data.</exception>
    public async Task RunAsync(IProgress<ReplayDayDone> progress, CancellationToken cancellationToken)
    {
        monitor.AddObserver(_alerts);
        var features = new FeatureMap(models.Hyperparameters.Harmonics);
        IPredictor<ReadOnlyMemory<float>, float> champion = server.GetPredictor<ReadOnlyMemory<float>, float>(RidershipModels.Name);
        IPredictor<ReadOnlyMemory<float>, float> frozen = server.GetPredictor<ReadOnlyMemory<float>, float>(ServedModels.Frozen);
        int next = await RestoreAsync(features, cancellationToken);
        for (int i = next; i < history.Replayed.Count; i++)
        {
            Ride ride = history.Replayed[i];
            clock.MoveTo(ride.Date);
            ReplayedDay day = await PredictAsync(ride, features.Of(ride), champion, frozen, cancellationToken);
            Ride? yesterday = i > 0 ? history.Replayed[i - 1] : null;
            DayEnd end = await EndAsync(ride, day, yesterday, cancellationToken);
            progress.Report(new ReplayDayDone(i + 1, history.Replayed.Count, ride.Date, day.Version!.Value, end));
        }
    }

    private async Task<ReplayedDay> PredictAsync(
        Ride ride, float[] features, IPredictor<ReadOnlyMemory<float>, float> champion, IPredictor<ReadOnlyMemory<float>, float> frozen, CancellationToken cancellationToken)
    {
        if (await log.FindAsync(ride.Date, cancellationToken) is { } before)
            return before;
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

    private async Task<DayEnd> EndAsync(Ride ride, ReplayedDay day, Ride? yesterday, CancellationToken cancellationToken)
    {
        monitor.Observe(new ServedRide(ride, day.PredictionId!, (float)day.Prediction!.Value));
        if (yesterday is not null)
            monitor.ObserveLabel((await log.FindAsync(yesterday.Date, cancellationToken))!.PredictionId, yesterday.Ridership);
        DriftReport report = await monitor.EvaluateAsync(cancellationToken);
        IReadOnlyList<AlertKind> standing = monitor.Status.ActiveAlerts;

        List<CandidateDecision> decisions = [];
        if (await WaitForPipelineAsync(ride.Date, cancellationToken) is { } decided)
            decisions.Add(decided);
        if (await badCandidate.PushAsync(ride.Date, cancellationToken) is { } pushed)
            decisions.Add(pushed);

        var end = new DayEnd(standing.Contains(AlertKind.Error), standing.Contains(AlertKind.Data), decisions, WindowsOf(report, day.Version!.Value));
        (DateOnly, double)? label = yesterday is null ? null : (yesterday.Date, yesterday.Ridership);
        await log.CloseAsync(ride.Date, end, label, monitor.Name, monitor.SaveState(), _alerts.Take(), cancellationToken);
        return end;
    }

    /// <summary>The clock waits for the run that today's alarm has started; a promotion changes what is served and watched from tomorrow on.</summary>
    private async Task<CandidateDecision?> WaitForPipelineAsync(DateOnly date, CancellationToken cancellationToken)
    {
        IReadOnlyList<PipelineRun> newest = await pipelines.ListAsync(nameof(RetrainRidership), count: 1, cancellationToken: cancellationToken);
        if (newest.Count == 0 || newest[0].IdempotencyKey != RetrainRidership.KeyOf(date))
            return null;
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

    /// <summary>Brings back the monitor as it was when the last day was closed, or begins with version 1.</summary>
    /// <returns>The first day that is not closed.</returns>
    private async Task<int> RestoreAsync(FeatureMap features, CancellationToken cancellationToken)
    {
        Dictionary<DateOnly, ReplayedDay> known = (await log.ReadAsync(cancellationToken)).ToDictionary(static day => day.Date);
        int closed = 0;
        foreach (Ride ride in history.Rides)
        {
            if (!known.TryGetValue(ride.Date, out ReplayedDay? day))
                continue;
            if (!day.Features.AsSpan().SequenceEqual(features.Of(ride)) || (day.Actual is { } actual && actual != ride.Ridership))
                throw new RideCsvException(history.Path, $"{ride.Date:yyyy-MM-dd} differs from what was replayed before. Give another folder with --output, or the same file.");
            closed += day.End is null ? 0 : 1;
        }

        if (await driftStore.FindStateAsync(monitor.Name, cancellationToken) is { } state)
            monitor.RestoreState(state);
        else
            await ActivateAsync(await registry.GetAsync(ModelReference.ToVersion(RidershipModels.Name, 1), cancellationToken), cancellationToken);
        return closed;
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

/// <summary>Said after each day.</summary>
public readonly record struct ReplayDayDone(int Days, int TotalDays, DateOnly Date, int Version, DayEnd End);
