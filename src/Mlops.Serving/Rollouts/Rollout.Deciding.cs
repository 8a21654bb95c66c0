namespace Mlops.Serving;

// Decisions go to the store first, which lets one win; then this process follows, then what is outside.
public sealed partial class Rollout
{
    private volatile Withdrawal? _withdrawn;   // the last that was taken out of service here, whether or not the store knows

    /// <summary>Changes the record of the candidate that runs, and has this process and the target follow.</summary>
    /// <param name="attempted">For messages.</param>
    /// <param name="basis">Whose figures have decided; the decision falls when other versions are compared by now. <c>null</c> where a person decides.</param>
    /// <param name="change">What is decided.</param>
    /// <param name="cancellationToken">Gives up before anything has changed.</param>
    private async Task DecideAsync(string attempted, Trial? basis, Func<RolloutRecord, RolloutRecord> change, CancellationToken cancellationToken)
    {
        await _acting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RolloutRecord decided;

            // What serves must not be replaced between the look at it and the exchange.
            using (await _live.PauseLoadsAsync(cancellationToken).ConfigureAwait(false))
            using (await _candidate.PauseLoadsAsync(cancellationToken).ConfigureAwait(false))
                decided = await DecideNowAsync(attempted, basis, change, cancellationToken).ConfigureAwait(false);
            await CarryOutAsync(decided, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _acting.Release();
        }
    }

    private async Task<RolloutRecord> DecideNowAsync(string attempted, Trial? basis, Func<RolloutRecord, RolloutRecord> change, CancellationToken cancellationToken)
    {
        if (_trial is not null && _record is { } known)
            Apply(known);   // another stable version may be there, which nobody has looked at yet
        if (_record is not { } record || _trial is not { } trial || (basis is not null && !trial.Compares(basis.Stable, basis.Candidate)))
            throw Refused(attempted);

        RolloutRecord next = Next(change(record) with { StableVersion = trial.Stable.Number, StableDigest = trial.Stable.Digest });
        if (!await Store.TryWriteAsync(next, cancellationToken).ConfigureAwait(false))
        {
            await SettleAsync(cancellationToken).ConfigureAwait(false);
            throw new RolloutConflictException(_model.Name, attempted, State);
        }

        Apply(next);
        if (next.State == RolloutState.Promoted && _live.Version?.Digest != next.Digest)
            throw Refused(attempted);   // it was taken out of service meanwhile, and whoever did that says so to the store

        Announce(next);
        return next;
    }

    private InvalidOperationException Refused(string attempted) =>
        new($"The candidate of model '{_model.Name}' cannot be {attempted}: the rollout's state is {State}.");

    /// <summary>Takes the candidate out of service and says so to the store, then to the target.</summary>
    /// <param name="reason">Kept with the decision.</param>
    /// <param name="evidence">Its figures.</param>
    /// <param name="digest">Which candidate, where figures have decided; else the newest.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    private async Task RollBackAsync(string reason, string? evidence, string? digest, CancellationToken cancellationToken)
    {
        const string Attempted = "rolled back";
        bool isWithdrawn = Withdraw(digest, reason, evidence);   // the harm ends first; the store may be slow or away
        RolloutRecord decided;
        await _acting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_record is not { } record || (digest is not null && digest != record.Digest))
                throw Refused(Attempted);
            if (isWithdrawn && record.State == RolloutState.RolledBack)
                decided = record;   // a look at the store came first and has said it
            else if (!IsUndecided(record))
                throw Refused(Attempted);
            else
                decided = await RollBackNowAsync(Next(RolledBack(record, reason, evidence)), cancellationToken).ConfigureAwait(false);
            await CarryOutAsync(decided, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _acting.Release();
        }

        // The version before was not loaded any more.
        if (_live.Version?.Digest == decided.Digest)
            await _live.ReloadAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<RolloutRecord> RollBackNowAsync(RolloutRecord next, CancellationToken cancellationToken)
    {
        if (!await Store.TryWriteAsync(next, cancellationToken).ConfigureAwait(false))
        {
            await SettleAsync(cancellationToken).ConfigureAwait(false);
            throw new RolloutConflictException(_model.Name, "rolled back", State);
        }

        Apply(next);
        Announce(next);
        return next;
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
            IsCarriedOut = record.State is RolloutState.Running or RolloutState.Superseded || _target is null,
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

            // From here on the source is right, also when somebody has it name the version before again.
            _live.FollowSource();
            RolloutRecord done = record with { IsCarriedOut = true, ChangedAt = TimeProvider.GetUtcNow(), Revision = record.Revision + 1 };
            if (await Store.TryWriteAsync(done, cancellationToken).ConfigureAwait(false))
                _record = done;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            ServingLog.RolloutTargetFailed(_model.Logger, _model.Name, record.Version, record.State, exception);
        }
    }

    /// <summary>A candidate that this process has taken out of service, why, and on which figures.</summary>
    private sealed record Withdrawal(string Digest, string Reason, string? Evidence);
}
