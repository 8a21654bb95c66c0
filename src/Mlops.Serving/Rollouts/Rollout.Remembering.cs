namespace Mlops.Serving;

// Evidence outlives the process: whoever decides saves what it has seen, and whoever decides next goes on from there.
public sealed partial class Rollout
{
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);
    private volatile bool _leads;
    private (RolloutEvidence? Evidence, long Changes, long At) _lastSave;

    /// <summary>
    /// Whether this process decides. When it begins to, it goes on with the evidence of the one that did before, and forgets its own: of two that both have
    /// looked, each with its alpha, only one may decide.
    /// </summary>
    private async Task<bool> LeadsAsync(CancellationToken cancellationToken)
    {
        try
        {
            bool leads = await Store.TryLeadAsync(_model.Name, _owner, 3 * Options.CheckInterval, cancellationToken).ConfigureAwait(false);
            if (leads && !_leads && _trial is { } trial
                && await RecallEvidenceAsync(trial.Stable, trial.Candidate, _record!.StartedAt, cancellationToken).ConfigureAwait(false) is { } saved && saved.Saved > trial.Evidence.Saved)
                GoOnWith(saved, trial);
            return _leads = leads;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
            return _leads = false;   // nobody knows, so another may by now: this process does not write over what that one saves
        }
    }

    private async Task<RolloutEvidence?> RecallEvidenceAsync(ServedVersion stable, ServedVersion candidate, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> saved = await Store.LoadEvidenceAsync(_model.Name, candidate.Digest, cancellationToken).ConfigureAwait(false);
        RolloutEvidence? evidence = RolloutEvidence.Restore(Options, TimeProvider, startedAt, saved, stable.Digest);
        if (evidence is not null)
            evidence.ShownWorse = ConcludeLater;
        return evidence;
    }

    private void GoOnWith(RolloutEvidence saved, Trial trial)
    {
        lock (_switching)
            if (_trial is { } current && current.Evidence == trial.Evidence)
                _trial = current with { Evidence = saved };
    }

    /// <summary>Saves what calls have shown, if this process decides and there is something new; at most once a minute.</summary>
    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        long now = TimeProvider.GetTimestamp();
        if (_trial is not { } trial || (trial.Evidence == _lastSave.Evidence && TimeProvider.GetElapsedTime(_lastSave.At, now) < SaveInterval))
            return;
        await RememberAsync(trial, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same at the end of the process, however recent the last time.</summary>
    internal Task RememberNowAsync(CancellationToken cancellationToken) => _trial is { } trial ? RememberAsync(trial, cancellationToken) : Task.CompletedTask;

    private async Task RememberAsync(Trial trial, CancellationToken cancellationToken)
    {
        long changes = trial.Evidence.Changes;
        if (!_leads || changes == 0 || (trial.Evidence == _lastSave.Evidence && changes == _lastSave.Changes))
            return;

        try
        {
            if (trial.Evidence.Save(trial.Stable.Digest) is { Length: > 0 } saved)
                await Store.SaveEvidenceAsync(_model.Name, trial.Candidate.Digest, saved, cancellationToken).ConfigureAwait(false);
            _lastSave = (trial.Evidence, changes, TimeProvider.GetTimestamp());
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
        }
    }
}
