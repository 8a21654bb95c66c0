using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Study
{
    // A wrong guess means that another process has begun a trial, so there is progress all the same.
    private const int Guesses = 100;

    /// <summary>
    /// Chooses the values of the trial that is next before asking for it, so that the ask is one transaction, values included, and no other process ever sees a
    /// trial whose values are not chosen yet: what a trial saw can be told from what is stored. Null when there is a trial to take over, or no number left.
    /// </summary>
    private async Task<Trial?> TryBeginAtOnceAsync(long limit, CancellationToken cancellationToken)
    {
        if (!Sampler.ReadsHistory || Row.Lag is not null)
        {
            return null;
        }

        for (int guess = 0; guess < Guesses; guess++)
        {
            (Trial? trial, bool wasWrong) = await _studies.Retry.RunAsync(() => TryBeginOnceAsync(limit, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (!wasWrong)
            {
                return trial;
            }
        }

        return null;
    }

    private async Task<(Trial? Trial, bool WasWrong)> TryBeginOnceAsync(long limit, CancellationToken cancellationToken)
    {
        AskOutlook outlook = await _studies.Store.LookAheadAsync(Row.Id, _studies.Clock, cancellationToken).ConfigureAwait(false);
        if (outlook.Number < 0 || outlook.Number >= limit)
        {
            return (null, WasWrong: false);
        }

        int visible = (int)outlook.Watermark;
        await FollowAsync(visible, cancellationToken).ConfigureAwait(false);
        SamplingContext context = ContextOf((int)outlook.Number, visible, outlook.Running);
        AskRequest request = NewRequest(limit, key: null) with { Guess = new AskGuess(outlook.Number, outlook.Watermark, Propose(context)) };
        long sent = Stopwatch.GetTimestamp();
        AskOutcome asked = await _studies.Store.AskAsync(request, cancellationToken).ConfigureAwait(false);
        return asked.Trial is { } claim
            ? (await StartAsync(claim, isTakenOver: false, sent, cancellationToken, context).ConfigureAwait(false), WasWrong: false)
            : (null, WasWrong: true);
    }
}
