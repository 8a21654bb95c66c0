using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Study
{
    // A wrong guess means that another process has begun a trial, so there is progress all the same; but who chooses slowly would make many for nothing.
    private const int Guesses = 4;

    /// <summary>Whether a new trial is to be looked at before it is asked for: its values depend on other trials, or it may have to wait for them.</summary>
    private bool LooksAhead => Sampler.ReadsHistory || (Row.Lag is not null && LooksAround);

    /// <summary>
    /// Asks the store. The values of a new trial are chosen before it exists, so that no other process ever sees one without them, killed or not: what a trial saw can be
    /// told from what is stored. They are chosen for the number that is likely to be the next, without holding anybody up; whoever is overtaken again and again chooses
    /// while the study is held.
    /// </summary>
    private async Task<(AskOutcome Asked, SamplingContext? Chosen, long Sent)> AskStoreAsync(long limit, string? key, CancellationToken cancellationToken)
    {
        int exhausted = 0;
        for (int guesses = 0; ; guesses++)
        {
            int made = guesses;
            (AskOutcome Asked, SamplingContext? Chosen, long Sent) answer =
                await _studies.Retry.RunAsync(() => AskOnceAsync(limit, key, made < Guesses, cancellationToken), cancellationToken).ConfigureAwait(false);
            exhausted += answer.Asked.Exhausted;
            if (!answer.Asked.IsOvertaken)
            {
                return (answer.Asked with { Exhausted = exhausted }, answer.Chosen, answer.Sent);
            }
        }
    }

    private async Task<(AskOutcome Asked, SamplingContext? Chosen, long Sent)> AskOnceAsync(long limit, string? key, bool mayGuess, CancellationToken cancellationToken)
    {
        AskRequest request = NewRequest(limit, key);
        SamplingContext? chosen = null;
        if (LooksAhead)
        {
            AskOutlook outlook = await _studies.Store.LookAheadAsync(request, cancellationToken).ConfigureAwait(false);
            if (outlook.IsBlocked)
            {
                return (new AskOutcome(Trial: null, IsRepeat: false, Running: 0, Exhausted: 0) { IsBlocked = true }, null, 0);
            }

            bool mayBegin = outlook.Number >= 0 && outlook.Number < limit;
            int visible = Visible(outlook.Number, outlook.Watermark);
            if (mayBegin || Row.Lag is null)
            {
                // Else nobody has looked whether what the next trial is to see has finished.
                await FollowAsync(visible, cancellationToken).ConfigureAwait(false);
            }

            request = request with { Watermark = outlook.Watermark };
            request = mayGuess && mayBegin
                ? request with { Guess = new AskGuess(outlook.Number, Choose(outlook)!) }
                : request with { Choose = Choose };

            string? Choose(AskOutlook next)
            {
                if (!Sampler.ReadsHistory)
                {
                    return ParameterJson.Empty;
                }

                int sees = Row.Lag is null ? visible : Visible(next.Number, next.Watermark);
                if (sees > _history.Count)
                {
                    return null;
                }

                chosen = ContextOf((int)next.Number, sees, next.Running);
                return Propose(chosen);
            }
        }

        // The lease counts from the ask that was answered. A grant whose answer was lost is held by nobody and runs out.
        long sent = Stopwatch.GetTimestamp();
        AskOutcome asked = await _studies.Store.AskAsync(request, cancellationToken).ConfigureAwait(false);
        if (request.Choose is not null && asked.Trial is { IsNew: true } claim && chosen is not null)
        {
            _studies.Logger.ChosenWhileHeld(Name, claim.Number);
        }

        return (asked, asked.Trial is { IsNew: true } ? chosen : null, sent);
    }

    /// <summary>How many trials of the order that is followed a trial sees.</summary>
    private int Visible(long number, long watermark) => (int)(Row.Lag is { } lag ? Math.Max(0, number - lag) : watermark);

    /// <summary>What a trial that somebody else has begun saw when it began.</summary>
    private async Task<SamplingContext> RecallAsync(ClaimedTrial claim, CancellationToken cancellationToken)
    {
        if (!Sampler.ReadsHistory)
        {
            return new SamplingContext(Space, claim.Number);
        }

        int visible = Visible(claim.Number, claim.Watermark);
        await FollowAsync(visible, cancellationToken).ConfigureAwait(false);
        return ContextOf(claim.Number, visible, await _studies.Store.ReadEarlierAsync(Row, claim.Number, claim.Watermark, cancellationToken).ConfigureAwait(false));
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
}
