namespace Mlops.Drift;

public partial class DriftMonitor
{
    /// <summary>
    /// Judges the window and the error of the live version, and advances alerts; observers have been told when this returns.
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
            await _hub.DeliverAsync(cancellationToken).ConfigureAwait(false);
            return answer;
        }
        finally
        {
            _evaluating.Release();
        }
    }

    /// <summary>Tells observers again what they did not take, without judging anything.</summary>
    internal async Task DeliverAsync(CancellationToken cancellationToken)
    {
        await _evaluating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _hub.DeliverAsync(cancellationToken).ConfigureAwait(false);
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
        RequireFit(digest, found.Profile, nameof(found));
        lock (_gate)
        {
            if (_engine.Find(digest) is { Profile: null } version)
            {
                RequireExpected(version, found.Profile);
                MonitorEngine.SetReference(version, found);
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
        foreach (EvaluationInput input in TakeInputs(out long now))
        {
            DriftReport report = Judge(input, now);
            Conclude(input, report, now);
            _hub.Publish(report);
            if (answer is null || input.Version == _engine.Active)
                answer = report;
        }

        return answer!;
    }

    private DriftReport Judge(EvaluationInput input, long now)
    {
        WatchedVersion version = input.Version;
        ReferenceProfile? profile = version.Profile;
        DriftReport report = profile is null
            ? DriftReport.WithoutReference(input.Rows)
            : DriftReport.Of(profile, input.Rows, _options.Thresholds, _options.SeasonMatched);
        return report with
        {
            Monitor = Name,
            ModelVersion = version.PublicDigest,
            EvaluatedAt = now == RowFacts.NoTime ? null : new DateTimeOffset(now, TimeSpan.Zero),
            Incomplete = input.Incomplete,
            Partial = input.Partial,
            Error = input.Errors is var (predictions, actuals)
                ? ErrorComparison.Compare(version.Baseline, _options.ErrorMeasure, predictions, actuals, _options.ErrorThresholds)
                : null,
            Labels = input.Labels,
        };
    }

    /// <summary>Advances the alerts by a report, unless the version was superseded meanwhile.</summary>
    private void Conclude(EvaluationInput input, DriftReport report, long now)
    {
        lock (_gate)
        {
            WatchedVersion version = input.Version;
            if (version == _engine.Active)
            {
                Volatile.Write(ref _lastReport, report);
                if (input.CountsForData && report.HasReference)
                    Advance(version, version.Data, report.Verdict == DriftVerdict.Drift, now, _options.DataAlerts, report);
                if (input.CountsForError && report.Error is { BaselineMean: not null } error)
                    Advance(version, version.Error, error.Verdict == DriftVerdict.Drift, now, _options.ErrorAlerts, report);
            }
        }

        if (!report.HasReference)
            DriftLog.NoReference(_services.Logger, Name, report.ModelVersion ?? "none");
    }

    private void Advance(WatchedVersion version, AlertTracker tracker, bool isDrift, long now, AlertRule rule, DriftReport report)
    {
        switch (tracker.Advance(isDrift, now, rule))
        {
            case AlertChange.Raised:
                DriftAlert alert = Describe(version, tracker, _engine.NextAlertId(Name, tracker.Kind, version, now), now, report);
                tracker.Raise(alert.Id, alert.Severity, now);
                _hub.Publish(alert);
                DriftLog.AlertRaised(_services.Logger, Name, tracker.Kind, alert.Id, alert.Reason);
                break;
            case AlertChange.Repeated:
                DriftAlert again = Describe(version, tracker, tracker.ActiveId!, now, report);
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

    private DriftAlert Describe(WatchedVersion version, AlertTracker tracker, string id, long now, DriftReport report) =>
        tracker.Kind == AlertKind.Data ? DataAlert(version, id, now, report) : ErrorAlert(version, id, now, report.Error!);

    private DriftAlert DataAlert(WatchedVersion version, string id, long now, DriftReport report)
    {
        FeatureDrift[] drifted = Drifted(report.Features);
        SegmentDrift[] segments = [.. report.Segments.Where(static segment => segment.Verdict == DriftVerdict.Drift).OrderBy(static segment => segment.AdjustedPValue)];

        // The whole window is the headline; a segment is where only segments drift. The reason is logged, so it names columns and no value.
        FeatureDrift first = drifted.Length > 0 ? drifted[0] : Drifted(segments[0].Features)[0];
        string headline = drifted.Length > 0
            ? $"{drifted.Length} of {report.Features.Count} columns drift; {first.Name}: {first.Reason}"
            : $"{segments.Length} of {report.Segments.Count} segments drift, the surest by {segments[0].Column}; {first.Name}: {first.Reason}";
        return new DriftAlert
        {
            Id = id,
            Monitor = Name,
            ModelVersion = version.PublicDigest,
            Kind = AlertKind.Data,
            Change = AlertChange.Raised,
            Severity = 2 * drifted.Length > report.Features.Count ? AlertSeverity.Critical : AlertSeverity.Warning,
            At = new DateTimeOffset(now, TimeSpan.Zero),
            Reason = headline,
            Features = [.. (drifted.Length > 0 ? drifted : segments.SelectMany(static segment => Drifted(segment.Features))).Select(static feature => feature.Name).Distinct()],
            Segments = [.. segments.Select(static segment => $"{segment.Column} = {segment.Value}")],
            PValue = first.AdjustedPValue,
            Effect = first.Effect,
        };
    }

    private static FeatureDrift[] Drifted(IReadOnlyList<FeatureDrift> features) => [.. features.Where(static feature => feature.Verdict == DriftVerdict.Drift)
        .OrderBy(static feature => feature.AdjustedPValue).ThenByDescending(static feature => feature.Effect).ThenBy(static feature => feature.Name, StringComparer.Ordinal)];

    private DriftAlert ErrorAlert(WatchedVersion version, string id, long now, ErrorDrift error) => new()
    {
        Id = id,
        Monitor = Name,
        ModelVersion = version.PublicDigest,
        Kind = AlertKind.Error,
        Change = AlertChange.Raised,
        Severity = AlertSeverity.Critical,
        At = new DateTimeOffset(now, TimeSpan.Zero),
        Reason = error.Reason,
        PValue = error.PValue,
        Effect = error.Effect,
    };
}
