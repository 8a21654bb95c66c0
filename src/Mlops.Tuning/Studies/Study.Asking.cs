using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Study
{
    /// <summary>
    /// Asks the store for a trial and lets the sampler choose. With a sampler that reads histories, or a pruner, one trial begins at a time in this
    /// process, so that each sees what was proposed for those before it.
    /// </summary>
    private async Task<(Trial? Trial, AskOutcome Asked)> BeginAsync(long limit, string? key, CancellationToken cancellationToken)
    {
        _studies.RequireOpen();
        if (!Sampler.ReadsHistory && Pruning is null)
        {
            return await BeginNowAsync(limit, key, cancellationToken).ConfigureAwait(false);
        }

        await _sampling.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await BeginNowAsync(limit, key, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sampling.Release();
        }
    }

    private async Task<(Trial? Trial, AskOutcome Asked)> BeginNowAsync(long limit, string? key, CancellationToken cancellationToken)
    {
        if (key is null && await PromoteAsync(cancellationToken).ConfigureAwait(false) is { } promoted)
        {
            return (promoted, new AskOutcome(promoted.Claim, IsRepeat: false, Running: 0, Exhausted: 0));
        }

        int exhausted = 0;
        while (true)
        {
            (AskOutcome asked, SamplingContext? chosen, long sent) = await AskStoreAsync(limit, key, cancellationToken).ConfigureAwait(false);
            if (asked.Exhausted > 0)
            {
                _studies.Logger.TrialsExhausted(Name, asked.Exhausted);
                exhausted += asked.Exhausted;
            }

            asked = asked with { Exhausted = exhausted };
            if (asked.Trial is not { } claim)
            {
                return (null, asked);
            }

            if (claim.State == TrialState.Running && !IsReadable(claim))
            {
                await FailDamagedAsync(claim, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var trial = claim.State == TrialState.Running
                ? await StartAsync(claim, claim.Attempt > 1 && !asked.IsRepeat, sent, cancellationToken, chosen).ConfigureAwait(false)
                : new Trial(this, claim, new SamplingContext(Space, claim.Number), _studies.Time.GetUtcNow(), _studies.Options.LeaseDuration, sent, []);
            return (trial, asked);
        }
    }

    private static bool IsReadable(ClaimedTrial claim) => claim.IsNew || (ParameterJson.TryRead(claim.Proposal, out _) && ParameterJson.TryRead(claim.Parameters, out _));

    /// <summary>Nobody can run a trial whose values are damaged; left as it is, it would be the next to be taken over forever.</summary>
    private async Task FailDamagedAsync(ClaimedTrial claim, CancellationToken cancellationToken)
    {
        const string Reason = "The values that were stored for it are damaged and cannot be read.";
        try
        {
            await _studies.Retry.RunAsync(
                () => _studies.Store.TellAsync(
                    new TellRequest(
                        Row.Id, Name, claim.Id, claim.Number, claim.Attempt, claim.Epoch, TrialState.Failed, Value: null, FurtherValues: null, Reason, ParameterJson.Empty, Constraints: null,
                        Violation: 0, NewDomains: [], Reports: null, LastReport: null, _studies.Now, MayHaveCheckpoint: true, JudgedBefore: -1),
                    cancellationToken),
                cancellationToken).ConfigureAwait(false);
            _studies.Logger.TrialFailed(Name, claim.Number, Reason, exception: null);
            if (await _studies.Store.FindTrialAsync(Row, claim.Number, cancellationToken).ConfigureAwait(false) is { } failed)
            {
                await PublishAsync(failed).ConfigureAwait(false);
            }
        }
        catch (TrialLostException)
        {
            // Somebody else has found it.
        }
    }

    private AskRequest NewRequest(long limit, string? key) => new(
        Row.Id, limit, key, _studies.Owner, _studies.Clock, _studies.Options.LeaseMicroseconds, _studies.Options.MaximumAttempts, _studies.Now, _studies.Dispatcher.HasObservers,
        LooksAround ? Row.Lag : null);

    private async Task<Trial> StartAsync(ClaimedTrial claim, bool isTakenOver, long sent, CancellationToken cancellationToken, SamplingContext? chosen = null)
    {
        SamplingContext context;
        IReadOnlyList<TrialReport> reached;
        try
        {
            context = chosen ?? await _studies.Retry.RunAsync(() => RecallAsync(claim, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (Pruning is not null && Row.Lag is not null)
            {
                // What this trial is to see has finished by now, maybe elsewhere.
                await RefreshPruningAsync(cancellationToken).ConfigureAwait(false);
            }

            reached = await ReadReachedAsync(claim, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await ReleaseAsync(new TrialUpdate(claim.Id, claim.Epoch, claim.Parameters, Reports: null, LastReport: null)).ConfigureAwait(false);
            throw;
        }

        var trial = new Trial(this, claim, context, _studies.Time.GetUtcNow(), _studies.Options.LeaseDuration, sent, reached);
        Pruning?.Begin(claim.Number, claim.Epoch, reached);
        _studies.Keeper.Add(trial);
        if (Row.Sampler != _sampler && Interlocked.Exchange(ref _saidSampler, 1) == 0)
        {
            _studies.Logger.SamplerChanged(Name, Row.Sampler, _sampler);
        }

        _studies.Telemetry.Asked(Stopwatch.GetElapsedTime(sent), isTakenOver);
        if (isTakenOver)
        {
            _studies.Logger.TrialTakenOver(Name, claim.Number, claim.Attempt);
        }

        return trial;
    }

    /// <summary>Whether choices depend on other trials.</summary>
    private bool LooksAround => Sampler.ReadsHistory || Pruning is not null;

    /// <summary>Keeps what a failed attempt has reported and lets the next to ask begin another.</summary>
    private async Task GiveBackAsync(Trial trial)
    {
        await trial.SettleAsync().ConfigureAwait(false);
        await _studies.Retry.RunAsync(() => _studies.Store.GiveBackAsync(trial.ToUpdate(), CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
        trial.MarkLost();
        SignalEnd();
    }

    private async Task ReleaseAsync(TrialUpdate update)
    {
        try
        {
            await _studies.Store.ReleaseAsync(update, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Storage.StorageException)
        {
            // The lease runs out by itself.
        }
    }
}
