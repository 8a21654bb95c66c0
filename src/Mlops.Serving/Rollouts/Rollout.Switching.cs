namespace Mlops.Serving;

// Which version answers, and which may not: one lock, so that what was just taken out of service is not put in by a decision that was under way.
public sealed partial class Rollout
{
    private readonly Lock _switching = new();

    /// <summary>Serves as the record says.</summary>
    /// <param name="record">What was decided.</param>
    /// <param name="saved">What an earlier process has seen of a comparison that begins now, left out if it was another; <c>null</c> for nothing.</param>
    private void Apply(RolloutRecord record, RolloutEvidence? saved = null)
    {
        bool isOther;
        lock (_switching)
            isOther = Switch(record, saved);
        if (isOther)
            _live.SignalVersionChanged();
    }

    /// <summary>Takes the candidate out of service in this process, at once. False when there is none of that digest to take out.</summary>
    private bool Withdraw(string? digest, string reason, string? evidence)
    {
        bool isOther;
        lock (_switching)
        {
            if (_record is not { } record || !IsUndecided(record) || (digest ?? record.Digest) != record.Digest || (_trial is null && record.State != RolloutState.Promoted))
                return false;

            _withdrawn = new Withdrawal(record.Digest, reason, evidence);
            isOther = TakeOut(record.Digest, reason);
        }

        if (isOther)
            _live.SignalVersionChanged();
        return true;
    }

    private bool Switch(RolloutRecord record, RolloutEvidence? saved)
    {
        ServedVersion? stable = _live.Version, candidate = _candidate.Version;
        bool mayServe = _environment.Quarantine.Find(_model.Name, record.Digest) is null;

        // A source that has been told has the last word: what it names after a restart, or later, somebody has chosen since.
        bool isSourceRight = _target is not null && record is { State: RolloutState.Promoted, IsCarriedOut: true };
        if (isSourceRight)
            _live.FollowSource();
        _record = record;
        switch (record.State)
        {
            case RolloutState.Running when mayServe && stable is not null && candidate?.Digest == record.Digest:
                Run(record, stable, candidate, saved);
                return false;
            case RolloutState.Promoted when mayServe && stable?.Digest == record.StableDigest && candidate?.Digest == record.Digest && (!isSourceRight || _trial is not null):
                _trial = null;
                if (!Exchange(stable, candidate, isPromotion: !isSourceRight))
                    return false;
                _previous = stable;
                return true;
            case RolloutState.RolledBack:
                return TakeOut(record.Digest, record.Reason!);
            default:
                _trial = null;
                return false;
        }
    }

    /// <summary>Has a digest serve nowhere any more, and the version before in its place if that is loaded. Whether another version answers now.</summary>
    private bool TakeOut(string digest, string reason)
    {
        _trial = null;
        bool isBack = false;
        if (_live.KeepOut(digest, reason) is { } serving && serving.Digest == digest)
        {
            _live.FollowSource();
            isBack = _previous is { } before && Exchange(serving, before, isPromotion: false);
        }

        if (!isBack && _previous is { } unneeded)
            _candidate.Unload(unneeded);
        _previous = null;
        if (_candidate.KeepOut(digest, reason) is { } left && left.Digest == digest)
            _candidate.Unload(left);
        return isBack;
    }

    private bool Exchange(ServedVersion stable, ServedVersion candidate, bool isPromotion)
    {
        if (!Deployment.TryExchange(_live, stable, _candidate, candidate, isPromotion))
            return false;

        _environment.Telemetry.RecordSwap(_model.Name);
        ServingLog.Loaded(_model.Logger, _model.Name, candidate, stable.ToString());
        return true;
    }

    private void Run(RolloutRecord record, ServedVersion stable, ServedVersion candidate, RolloutEvidence? saved)
    {
        if (_trial is { } trial && trial.Compares(stable, candidate))
        {
            Split split = trial.Split;
            if (split.Share != record.Share)
            {
                split = new Split(record.Salt, record.Share);
                ServingLog.RolloutShareChanged(_model.Logger, _model.Name, candidate, record.Share);
            }

            _trial = new Trial(stable, candidate, split, trial.Evidence);   // the same versions, loaded again or not
            return;
        }

        _previous = null;   // the candidate has taken its place
        RolloutEvidence evidence = saved?.StableDigest == stable.Digest ? saved : new RolloutEvidence(Options, TimeProvider, record.StartedAt) { ShownWorse = ConcludeLater };
        _trial = new Trial(stable, candidate, new Split(record.Salt, record.Share), evidence);
        ServingLog.RolloutBegan(_model.Logger, _model.Name, candidate, Kind, record.Share, stable);
    }
}
