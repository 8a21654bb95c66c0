using Mlops.Statistics;

namespace Mlops.Drift;

public partial class DriftMonitor
{
    /// <summary>
    /// Judges the window and the error of the live version, and advances alerts; observers have been told when this returns, except those that failed and have to wait.
    /// Tumbling windows that closed since the last call are judged one by one, each once; the last one's report is returned, or a look at the open
    /// window, which counts for nothing. Calls queue up; rows may come meanwhile. When a call is cancelled, what was judged and not yet told
    /// is told at the next one.
    /// </summary>
    /// <returns>The report; without a reference it is Undecided and <see cref="DriftReport.HasReference"/> is false.</returns>
    public async Task<DriftReport> EvaluateAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _evaluating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await FindReferencesAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            DriftReport answer = JudgeAll();
            await _hub.DeliverAsync(isLast: false, cancellationToken).ConfigureAwait(false);
            return answer;
        }
        finally
        {
            _evaluating.Release();
        }
    }

    /// <summary>Tells observers again what they did not take, without judging anything.</summary>
    internal async Task DeliverAsync(bool isLast, CancellationToken cancellationToken)
    {
        await _evaluating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _hub.DeliverAsync(isLast, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _evaluating.Release();
        }
    }

    private async ValueTask FindReferencesAsync(CancellationToken cancellationToken)
    {
        if (_services.References is not { } source)
            return;
        string[] unknown;
        lock (_gate)
        {
            Drain();
            unknown = [.. _engine.Versions.Where(static version => version.Profile is null && version.Digest.Length > 0).Select(static version => version.Digest)];
        }

        foreach (string digest in unknown)
        {
            try
            {
                if (await source.FindAsync(Name, digest, cancellationToken).ConfigureAwait(false) is { } found)
                    Attach(digest, found);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                DriftLog.ReferenceFailed(_services.Logger, Name, digest, exception);
            }
        }
    }

    private void Attach(string digest, ServedReference found)
    {
        RequireFit(digest, found, nameof(found));
        lock (_gate)
        {
            if (_engine.Find(digest) is { Profile: null } version)
            {
                RequireExpected(version, found.Profile);
                version.SetReference(found);
            }
        }
    }

    private List<EvaluationInput> TakeInputs(out long now)
    {
        lock (_gate)
        {
            Drain();
            now = _engine.Now(_services.TimeProvider);
            _engine.Active.CloseIfOver(now);
            List<EvaluationInput> inputs = [];
            foreach (WatchedVersion version in _engine.Versions.Where(version => version != _engine.Active))
                inputs.AddRange(version.Take(withOpen: false, now));
            inputs.AddRange(_engine.Active.Take(withOpen: true, now));
            LabelCounts labels = _engine.Labels(_buffer.DroppedLabels);
            return inputs.ConvertAll(input => input with { Labels = labels });
        }
    }

    /// <summary>Judges what was taken to the end: a window that was taken is not there a second time.</summary>
    private DriftReport JudgeAll()
    {
        DriftReport? answer = null;
        List<EvaluationInput> inputs = TakeInputs(out long now);
        WindowPerformance[] windows = JudgeLabelled();
        for (int i = 0; i < inputs.Count; i++)
        {
            DriftReport judged = Judge(inputs[i], now);
            DriftReport report = Conclude(inputs[i], i < inputs.Count - 1 ? judged : judged with { LabelledWindows = windows }, now);
            _hub.Publish(report);
            if (answer is null || inputs[i].Version == _engine.Active)
                answer = report;
        }

        return answer!;
    }

    /// <summary>Judges ended windows for which labels have come since they were judged.</summary>
    private WindowPerformance[] JudgeLabelled()
    {
        List<(WatchedVersion Version, LabelledWindow Window, long Labelled, double[] Predictions, double[] Actuals)> changed = [];
        lock (_gate)
        {
            foreach (WatchedVersion version in _engine.Versions)
                changed.AddRange(version.TakeLabelled().Select(taken => (version, taken.Window, taken.Labelled, taken.Predictions, taken.Actuals)));
        }

        ErrorDrift[] errors = [.. changed.Select(taken => ErrorComparison.Compare(taken.Version.Baseline, _options, taken.Predictions, taken.Actuals))];
        lock (_gate)
            return [.. changed.Select((taken, i) => taken.Window.Judged(taken.Version.PublicDigest, taken.Labelled, errors[i]))];
    }

    private DriftReport Judge(EvaluationInput input, long now)
    {
        WatchedVersion version = input.Version;
        ReferenceProfile? profile = version.Profile;
        DriftReport report = profile is null
            ? DriftReport.WithoutReference(input.Rows)
            : DriftReport.Of(profile, input.Rows, _options.Thresholds, _options.SeasonMatched);
        (EstimatedError? estimatedError, EstimatedPerformance? estimatedPerformance) = Estimate(version, input.Rows);
        return report with
        {
            Monitor = Name,
            ModelVersion = version.PublicDigest,
            EvaluatedAt = now == RowFacts.NoTime ? null : new DateTimeOffset(now, TimeSpan.Zero),
            Incomplete = input.Incomplete,
            Partial = input.Partial,
            Error = input.Errors is var (predictions, actuals)
                ? ErrorComparison.Compare(version.Baseline, _options, predictions, actuals) with { Change = input.Change }
                : null,
            EstimatedError = estimatedError,
            EstimatedPerformance = estimatedPerformance,
            GroupGaps = input.Gaps,
            Labels = input.Labels,
        };
    }

    /// <summary>What needs no labels. A learner of the host's own may fail; the rest of the report does not fail with it.</summary>
    private (EstimatedError? Error, EstimatedPerformance? Performance) Estimate(WatchedVersion version, RowSet rows)
    {
        EstimatedError? error = null;
        try
        {
            if (version.LossEstimator is { } losses)
                error = EstimatedErrorComparison.Judge(losses.Estimate(DriftBatch.Of(rows)), _options.ErrorThresholds);
            return (error, version.PerformanceEstimator?.Estimate(rows.Numeric(Schema.PredictionSlot)));
        }
        catch (Exception exception)
        {
            DriftLog.EstimateFailed(_services.Logger, Name, exception);
            return (error, null);
        }
    }

    /// <summary>Advances the alerts by a report, unless the version was superseded meanwhile; answers the report with what was decided over time.</summary>
    private DriftReport Conclude(EvaluationInput input, DriftReport report, long now)
    {
        WatchedVersion version = input.Version;
        lock (_gate)
        {
            if (input.CountsForData && report.HasReference)
                report = report with { OverTime = Decide(version.OverTime, report.PValue) };
            if (version == _engine.Active)
            {
                Volatile.Write(ref _lastReport, report);
                foreach (AlertTracker tracker in version.Alerts)
                {
                    if (Counts(tracker.Kind, input, report))
                        Advance(version, tracker, now, report);
                }
            }

            if (!report.HasReference)
                NoteNoReference(version);
        }

        return report;
    }

    private static bool Counts(AlertKind kind, EvaluationInput input, DriftReport report) => kind switch
    {
        AlertKind.Data => input.CountsForData && report.HasReference,
        AlertKind.Error => input.CountsForError && report.Error is { BaselineMean: not null },
        AlertKind.ErrorChange => input.CountsForError && report.Error is { Change: not null },
        AlertKind.GroupGap => report.GroupGaps.Count > 0,
        _ => input.CountsForData && report.EstimatedError is not null,
    };

    private static DriftOverTime? Decide(ELond? procedure, double? pValue)
    {
        if (procedure is null || pValue is not { } p)
            return null;
        double level = procedure.NextLevel, evidence = ELond.FromPValue(p);
        return new DriftOverTime
        {
            EValue = evidence,
            Level = level,
            IsDiscovery = procedure.Decide(evidence),
            Evaluations = procedure.Tests,
            Discoveries = procedure.Discoveries,
        };
    }

    private void NoteNoReference(WatchedVersion version)
    {
        if (version.EvaluationsWithoutReference++ == 0)
            DriftLog.NoReference(_services.Logger, Name, version.PublicDigest ?? "none");
        _engine.WithoutReference++;
    }

    private void Advance(WatchedVersion version, AlertTracker tracker, long now, DriftReport report)
    {
        switch (tracker.Advance(AlertDescription.IsDue(tracker.Kind, report), now, _options.AlertsOf(tracker.Kind)))
        {
            case AlertChange.Raised:
                DriftAlert alert = Describe(version, tracker.Kind, _engine.AlertNames.Next(Name, tracker.Kind, version.Digest, now), now, report);
                tracker.Raise(alert.Id, alert.Severity, now);
                _hub.Publish(alert);
                DriftLog.AlertRaised(_services.Logger, Name, tracker.Kind, alert.Id, alert.Reason);
                break;
            case AlertChange.Repeated:
                DriftAlert again = Describe(version, tracker.Kind, tracker.ActiveId!, now, report);
                tracker.Repeat(again.Severity, now);
                _hub.Publish(again with { Change = AlertChange.Repeated, Occurrence = tracker.Occurrence });
                break;
            case AlertChange.Cleared:
                DriftAlert cleared = Clearing(version, tracker, tracker.ActiveId!, now, "drift is no longer seen");
                _hub.Publish(cleared);
                DriftLog.AlertCleared(_services.Logger, Name, tracker.Kind, cleared.Id);
                break;
            default:
                break;
        }
    }

    private DriftAlert Describe(WatchedVersion version, AlertKind kind, string id, long now, DriftReport report)
    {
        AlertDescription description = AlertDescription.Of(kind, report);
        return new DriftAlert
        {
            Id = id,
            Monitor = Name,
            ModelVersion = version.PublicDigest,
            Kind = kind,
            Change = AlertChange.Raised,
            Severity = description.Severity,
            At = new DateTimeOffset(now, TimeSpan.Zero),
            Reason = description.Reason,
            Features = description.Features,
            Segments = description.Segments,
            SegmentColumns = description.SegmentColumns,
            PValue = description.PValue,
            Effect = description.Effect,
        };
    }
}
