using System.Security.Cryptography;

namespace Mlops.Serving;

// Decisions go to the store first, which lets one win; then this process follows, then what is outside.
public sealed partial class Rollout
{
    /// <summary>Changes the record, if it is still that of the digest, and has this process and the target follow.</summary>
    private async Task DecideAsync(string attempted, Func<RolloutRecord, RolloutRecord> change, bool mustRun, string? digest, CancellationToken cancellationToken)
    {
        await _acting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_record is not { } record || (mustRun ? _trial is null : !IsUndecided(record)) || (digest is not null && digest != record.Digest))
                throw new InvalidOperationException($"The candidate of model '{_model.Name}' cannot be {attempted}: the rollout's state is {State}.");

            RolloutRecord next = Next(change(record));
            if (!await Store.TryWriteAsync(next, cancellationToken).ConfigureAwait(false))
            {
                await SettleAsync(cancellationToken).ConfigureAwait(false);
                throw new RolloutConflictException(_model.Name, attempted, State);
            }

            Announce(next);
            Apply(next);
            await CarryOutAsync(next, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _acting.Release();
        }
    }

    /// <exception cref="InvalidOperationException">There is nothing to go back to.</exception>
    private Task RollbackAsync(string reason, string? evidence, string? digest, CancellationToken cancellationToken)
    {
        if (_record is { State: RolloutState.Promoted } promoted && _previous is null && _target is null)
        {
            throw new InvalidOperationException(
                $"Model '{_model.Name}' cannot go back from version {promoted.Version}: the version before is not loaded any more. Publish the one to serve in the model's source.");
        }

        // The harm ends first; the store may be slow or away.
        if (_record is { } record && IsUndecided(record) && (digest ?? record.Digest) == record.Digest && (_trial is not null || record.State == RolloutState.Promoted))
        {
            _trial = null;
            _environment.Quarantine.Add(_model.Name, record.Digest, reason);
        }

        return DecideAsync("rolled back", record => RolledBack(record, reason, evidence), mustRun: false, digest, cancellationToken);
    }

    private static RolloutRecord RolledBack(RolloutRecord record, string reason, string? evidence) =>
        record with { State = RolloutState.RolledBack, Reason = reason, Evidence = evidence ?? record.Evidence };

    /// <summary>Whether it may still be rolled back.</summary>
    private static bool IsUndecided(RolloutRecord record) => record.State is RolloutState.Running or RolloutState.Promoted;

    private RolloutRecord Next(RolloutRecord record)
    {
        DateTimeOffset now = TimeProvider.GetUtcNow();
        return record with
        {
            ChangedAt = now,
            PromotedAt = record.State == RolloutState.Promoted ? record.PromotedAt ?? now : record.PromotedAt,
            IsCarriedOut = record.State == RolloutState.Running || _target is null,
            Revision = record.Revision + 1,
        };
    }

    private void Announce(RolloutRecord record)
    {
        if (record.State == RolloutState.Running)
            return;
        _environment.Telemetry.RecordDecision(_model.Name, record.State);
        ServingLog.RolloutDecided(_model.Logger, _model.Name, record.Version, record.State, record.Reason!);
    }

    /// <summary>Tells the target; what fails is tried again with the next look at the store.</summary>
    private async Task CarryOutAsync(RolloutRecord record, CancellationToken cancellationToken)
    {
        if (record.IsCarriedOut || _target is null)
            return;

        try
        {
            if (record.State == RolloutState.Promoted)
                await _target.PromoteAsync(record, cancellationToken).ConfigureAwait(false);
            else
                await _target.RollbackAsync(record, cancellationToken).ConfigureAwait(false);

            RolloutRecord done = record with { IsCarriedOut = true, ChangedAt = TimeProvider.GetUtcNow(), Revision = record.Revision + 1 };
            if (await Store.TryWriteAsync(done, cancellationToken).ConfigureAwait(false))
                _record = done;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            ServingLog.RolloutTargetFailed(_model.Logger, _model.Name, record.Version, record.State, exception);
        }
    }

    /// <summary>Brings this process in line with what is loaded and what the store says. Under the semaphore.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RolloutRecord> kept = await Store.ListAsync(_model.Name, cancellationToken).ConfigureAwait(false);
        foreach (RolloutRecord record in kept)
            if (record.State == RolloutState.RolledBack)
                _environment.Quarantine.Add(_model.Name, record.Digest, record.Reason!);

        if (_live.Version is { } serving && Find(kept, serving.Digest) is { State: RolloutState.RolledBack } rolledBack)
            Apply(rolledBack);
        if (_live.Version is not { } stable || _candidate.Version is not { } candidate || candidate == _previous)
        {
            _trial = null;
            return;
        }

        if (stable.Digest == candidate.Digest)
        {
            _trial = null;
            _record = Find(kept, candidate.Digest) ?? _record;
            _candidate.Unload(candidate);
            return;
        }

        RolloutRecord current = Find(kept, candidate.Digest) ?? await BeginAsync(stable, candidate, cancellationToken).ConfigureAwait(false);
        if (current.State == RolloutState.Running && _environment.Quarantine.Find(_model.Name, candidate.Digest) is { } reason)
        {
            // Decided here while the store was away, or its runs do not end.
            RolloutRecord next = Next(RolledBack(current, reason, evidence: null));
            if (await Store.TryWriteAsync(next, cancellationToken).ConfigureAwait(false))
            {
                Announce(next);
                current = next;
            }
        }

        Apply(current);
    }

    private async Task<RolloutRecord> BeginAsync(ServedVersion stable, ServedVersion candidate, CancellationToken cancellationToken)
    {
        DateTimeOffset now = TimeProvider.GetUtcNow();
        var first = new RolloutRecord
        {
            Model = _model.Name,
            Digest = candidate.Digest,
            Version = candidate.Number,
            StableVersion = stable.Number,
            StableDigest = stable.Digest,
            State = RolloutState.Running,
            Share = Options.ShareOf(Kind),
            Salt = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))),
            StartedAt = now,
            ChangedAt = now,
            IsCarriedOut = true,
            Revision = 1,
        };
        if (await Store.TryWriteAsync(first, cancellationToken).ConfigureAwait(false))
            return first;
        return Find(await Store.ListAsync(_model.Name, cancellationToken).ConfigureAwait(false), candidate.Digest)
            ?? throw new InvalidOperationException($"The rollout store keeps a record of model '{_model.Name}' that it does not list; its {nameof(IRolloutStore.ListAsync)} must.");
    }

    /// <summary>Serves as the record says.</summary>
    private void Apply(RolloutRecord record)
    {
        ServedVersion? stable = _live.Version, candidate = _candidate.Version;
        _record = record;
        switch (record.State)
        {
            case RolloutState.Running when stable is not null && candidate?.Digest == record.Digest && _environment.Quarantine.Find(_model.Name, record.Digest) is null:
                Run(record, stable, candidate);
                break;
            case RolloutState.Promoted when stable?.Digest == record.StableDigest && candidate?.Digest == record.Digest:
                _trial = null;
                if (Exchange(stable, candidate))
                    _previous = stable;
                break;
            case RolloutState.RolledBack:
                _trial = null;
                _environment.Quarantine.Add(_model.Name, record.Digest, record.Reason!);
                bool isBack = stable?.Digest == record.Digest && candidate is not null && candidate == _previous && Exchange(stable, candidate);
                if (_previous is { } previous && !isBack)
                    _candidate.Unload(previous);

                _previous = null;
                if (_candidate.Version is { } bad && bad.Digest == record.Digest)
                    _candidate.Unload(bad);
                break;
            default:
                _trial = null;
                break;
        }
    }

    private bool Exchange(ServedVersion stable, ServedVersion candidate)
    {
        if (!Deployment.TryExchange(_live, stable, _candidate, candidate))
            return false;

        _environment.Telemetry.RecordSwap(_model.Name);
        ServingLog.Loaded(_model.Logger, _model.Name, candidate, stable.ToString());
        return true;
    }

    private void Run(RolloutRecord record, ServedVersion stable, ServedVersion candidate)
    {
        if (_trial is { } trial && trial.Stable == stable && trial.Candidate == candidate)
        {
            if (trial.Split.Share != record.Share)
                _trial = trial with { Split = new Split(record.Salt, record.Share) };
            return;
        }

        var evidence = new RolloutEvidence(Options, TimeProvider, record.StartedAt) { ShownWorse = ConcludeLater };
        _trial = new Trial(stable, candidate, new Split(record.Salt, record.Share), evidence);
        ServingLog.RolloutBegan(_model.Logger, _model.Name, candidate, Kind, record.Share, stable);
    }

    private static RolloutRecord? Find(IReadOnlyList<RolloutRecord> records, string digest)
    {
        foreach (RolloutRecord record in records)
            if (record.Digest == digest)
                return record;

        return null;
    }
}
