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

        if (key is null && await TryBeginAtOnceAsync(limit, cancellationToken).ConfigureAwait(false) is { } begun)
        {
            return (begun, new AskOutcome(begun.Claim, IsRepeat: false, Running: 0, Exhausted: 0));
        }

        while (true)
        {
            // The lease counts from the ask that was answered. A grant whose answer was lost is held by nobody and runs out.
            (AskOutcome asked, long sent) = await _studies.Retry.RunAsync(
                async () =>
                {
                    long now = Stopwatch.GetTimestamp();
                    return (await _studies.Store.AskAsync(NewRequest(limit, key), cancellationToken).ConfigureAwait(false), now);
                },
                cancellationToken).ConfigureAwait(false);
            if (asked.Exhausted > 0)
            {
                _studies.Logger.TrialsExhausted(Name, asked.Exhausted);
            }

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
                ? await StartAsync(claim, claim.Attempt > 1 && !asked.IsRepeat, sent, cancellationToken).ConfigureAwait(false)
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
        LooksAround ? Row.Lag : null, Row.Lag is not null && Sampler.ReadsHistory);

    private async Task<Trial> StartAsync(ClaimedTrial claim, bool isTakenOver, long sent, CancellationToken cancellationToken, SamplingContext? chosen = null)
    {
        SamplingContext context;
        IReadOnlyList<TrialReport> reached;
        try
        {
            (claim, context) = chosen is not null ? (claim, chosen) : await _studies.Retry.RunAsync(() => SampleAsync(claim, cancellationToken), cancellationToken).ConfigureAwait(false);
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

    /// <summary>What was proposed at the first attempt is proposed again; the history is that of the first attempt as well.</summary>
    private async Task<(ClaimedTrial Claim, SamplingContext Context)> SampleAsync(ClaimedTrial claim, CancellationToken cancellationToken)
    {
        if (!Sampler.ReadsHistory)
        {
            return (claim, new SamplingContext(Space, claim.Number));
        }

        int visible = (int)(Row.Lag is { } lag ? Math.Max(0, claim.Number - lag) : claim.Watermark);
        await FollowAsync(visible, cancellationToken).ConfigureAwait(false);
        List<(int Number, string Proposal)> running = Row.Lag is null
            ? await _studies.Store.ReadRunningAsync(Row.Id, claim.Number, claim.Watermark, cancellationToken).ConfigureAwait(false)
            : await _studies.Store.ReadProposalsAsync(Row.Id, visible, claim.Number, cancellationToken).ConfigureAwait(false);
        SamplingContext context = ContextOf(claim.Number, visible, running);
        if (claim.Proposal is not (ParameterJson.Empty or TuningStore.Undecided))
        {
            return (claim, context);
        }

        string stored = Propose(context);
        if (stored == claim.Proposal)
        {
            return (claim, context);
        }

        await _studies.Store.ProposeAsync(claim.Id, claim.Epoch, stored, cancellationToken).ConfigureAwait(false);
        return (claim with { Proposal = stored }, context);
    }

    private SamplingContext ContextOf(int number, int visible, List<(int Number, string Proposal)> running) => new(
        Space, number, new TrialView(_history, visible), running.ConvertAll(trial => new RunningTrial(trial.Number, ToCoordinates(trial.Proposal))));

    /// <summary>What the sampler chooses, as it is stored.</summary>
    private string Propose(SamplingContext context)
    {
        var proposal = new Dictionary<string, double>(StringComparer.Ordinal);
        Sampler.Propose(context, proposal);
        return proposal.Count == 0
            ? ParameterJson.Empty
            : ParameterJson.Write(proposal.Select(chosen => KeyValuePair.Create(chosen.Key, Space.Parameters[chosen.Key].ToValue(chosen.Value))));
    }

    /// <summary>
    /// Reads the first trials in the order in which this study's trials see them: of finishing, or with a lag of numbers. Trials whose row is damaged or gone
    /// keep their place as failed ones.
    /// </summary>
    private async Task FollowAsync(int count, CancellationToken cancellationToken)
    {
        while (_history.Count < count)
        {
            List<HistoryRow> rows = await (Row.Lag is null
                ? _studies.Store.ReadHistoryAsync(Row, _history.Count, count, cancellationToken)
                : _studies.Store.ReadHistoryByNumberAsync(Row, _history.Count, count, cancellationToken)).ConfigureAwait(false);
            if (!rows.TrueForAll(row => row.Parameters.TrueForAll(parameter => Space.Holds(parameter.Key, parameter.Value))))
            {
                // Another process has added a parameter or widened its bounds.
                foreach ((string name, ParameterDomain domain) in await _studies.Store.ReadDomainsAsync(Row, cancellationToken).ConfigureAwait(false))
                {
                    Space.Learn(name, domain);
                }
            }

            int before = _history.Count;
            int unreadable = 0;
            foreach (HistoryRow row in rows)
            {
                unreadable += PadTo((int)row.Place - 1) + (row.IsUnreadable ? 1 : 0);
                if (row.Place > _history.Count)
                {
                    _history.Add(row, Space);
                }
            }

            if (_history.Count == before)
            {
                unreadable += PadTo(count);
            }

            if (unreadable > 0)
            {
                _studies.Logger.TrialsUnreadable(Name, unreadable);
            }
        }
    }

    private int PadTo(int count)
    {
        int missing = count - _history.Count;
        for (int i = 0; i < missing; i++)
        {
            _history.Add(HistoryRow.Unreadable(HistoryRow.NoNumber), Space);
        }

        return Math.Max(0, missing);
    }

    private Dictionary<string, double> ToCoordinates(string proposal)
    {
        var coordinates = new Dictionary<string, double>(StringComparer.Ordinal);
        _ = ParameterJson.TryRead(proposal, out List<KeyValuePair<string, ParameterValue>> values);
        foreach ((string name, ParameterValue value) in values)
        {
            if (Space.Parameters.TryGetValue(name, out ParameterDomain? domain) && domain.ToCoordinate(value) is { } coordinate)
            {
                coordinates.Add(name, coordinate);
            }
        }

        return coordinates;
    }

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
