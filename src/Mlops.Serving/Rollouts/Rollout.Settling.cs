using System.Security.Cryptography;

namespace Mlops.Serving;

// Brings this process in line with what is loaded and what the store says. Under the semaphore.
public sealed partial class Rollout
{
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RolloutRecord> kept = await Store.ListAsync(_model.Name, cancellationToken).ConfigureAwait(false);
        KeepOut(kept);
        if (_live.Version is { } serving && Find(kept, serving.Digest) is { State: RolloutState.RolledBack } rolledBack)
            Leave(rolledBack);

        if (_live.Version is not { } stable || _candidate.Version is not { } candidate || candidate == _previous)
        {
            if ((_record is { } record ? Find(kept, record.Digest) ?? record : kept.MaxBy(static record => record.ChangedAt)) is { } newest)
                Apply(await CatchUpAsync(newest, cancellationToken).ConfigureAwait(false));
        }
        else if (stable.Digest == candidate.Digest)
        {
            if (Find(kept, candidate.Digest) is { } own)
                Apply(own.State == RolloutState.Running ? await SupersedeAsync(own, cancellationToken).ConfigureAwait(false) : own);
            _candidate.Unload(candidate);
        }
        else
        {
            RolloutRecord current = Find(kept, candidate.Digest) ?? await BeginAsync(stable, candidate, cancellationToken).ConfigureAwait(false);
            current = await CatchUpAsync(current, cancellationToken).ConfigureAwait(false);
            current = await RebaseAsync(current, stable, cancellationToken).ConfigureAwait(false);
            RolloutEvidence? saved = current.State == RolloutState.Running && _trial?.Compares(stable, candidate) != true
                ? await RecallEvidenceAsync(stable, candidate, current.StartedAt, cancellationToken).ConfigureAwait(false)
                : null;
            Apply(current, saved);
        }
    }

    private void KeepOut(IReadOnlyList<RolloutRecord> kept)
    {
        foreach (RolloutRecord record in kept)
            if (record.State == RolloutState.RolledBack)
                _environment.Quarantine.Add(_model.Name, record.Digest, record.Reason!);
    }

    /// <summary>The version that serves was rolled back, here or elsewhere.</summary>
    private void Leave(RolloutRecord rolledBack)
    {
        Apply(rolledBack);
        if (_live.Version?.Digest == rolledBack.Digest)
            _live.ReloadLater();   // at every look: the version before is not loaded, but the source may name another by now
    }

    /// <summary>Stores what was decided here while the store was away, or by runs that do not end.</summary>
    private async Task<RolloutRecord> CatchUpAsync(RolloutRecord record, CancellationToken cancellationToken)
    {
        Withdrawal? withdrawn = _withdrawn is { } own && own.Digest == record.Digest ? own : null;
        bool mayGoBack = record.State == RolloutState.Running
            || (record.State == RolloutState.Promoted && (withdrawn is not null || (_previous is not null && _live.Version?.Digest == record.Digest)));
        if (!mayGoBack || _environment.Quarantine.Find(_model.Name, record.Digest) is not { } reason)
            return record;

        return await ReplaceAsync(record, RolledBack(record, withdrawn?.Reason ?? reason, withdrawn?.Evidence), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The model's own source delivers the candidate: there is nothing left to try out.</summary>
    private Task<RolloutRecord> SupersedeAsync(RolloutRecord record, CancellationToken cancellationToken) =>
        ReplaceAsync(record, record with { State = RolloutState.Superseded, Reason = "the model's own source delivers it" }, cancellationToken);

    /// <summary>Another stable version is there: the comparison begins anew beside it. Whoever decides says so, since others may be behind.</summary>
    private async Task<RolloutRecord> RebaseAsync(RolloutRecord record, ServedVersion stable, CancellationToken cancellationToken)
    {
        if (record.State != RolloutState.Running || record.StableDigest == stable.Digest || !await LeadsAsync(cancellationToken).ConfigureAwait(false))
            return record;

        RolloutRecord next = record with { StableVersion = stable.Number, StableDigest = stable.Digest, StartedAt = TimeProvider.GetUtcNow() };
        return await ReplaceAsync(record, next, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The record that is kept afterwards, unless another process was first, which the next look shows.</summary>
    private async Task<RolloutRecord> ReplaceAsync(RolloutRecord record, RolloutRecord changed, CancellationToken cancellationToken)
    {
        RolloutRecord next = Next(changed);
        if (!await Store.TryWriteAsync(next, cancellationToken).ConfigureAwait(false))
            return record;
        Announce(next);
        return next;
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

    private static RolloutRecord? Find(IReadOnlyList<RolloutRecord> records, string digest)
    {
        foreach (RolloutRecord record in records)
            if (record.Digest == digest)
                return record;

        return null;
    }
}
