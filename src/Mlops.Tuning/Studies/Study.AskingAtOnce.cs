using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Study
{
    // A wrong guess costs a choice of values; where another process asks as well, wrong guesses are likely.
    private const int AsksAfterWrongGuess = 50;

    private int _asksBeforeGuess;

    /// <summary>
    /// Chooses the values of the trial that is next before asking for it, so that the ask is one transaction, values included. Null when there is a trial to take
    /// over, no number left, or another process was faster.
    /// </summary>
    private async Task<Trial?> TryBeginAtOnceAsync(long limit, CancellationToken cancellationToken)
    {
        if (!Sampler.ReadsHistory || Row.Lag is not null || _asksBeforeGuess-- > 0)
        {
            return null;
        }

        _asksBeforeGuess = 0;
        return await _studies.Retry.RunAsync(() => TryBeginOnceAsync(limit, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<Trial?> TryBeginOnceAsync(long limit, CancellationToken cancellationToken)
    {
        AskOutlook outlook = await _studies.Store.LookAheadAsync(Row.Id, _studies.Clock, cancellationToken).ConfigureAwait(false);
        if (outlook.Number < 0 || outlook.Number >= limit)
        {
            return null;
        }

        int visible = (int)outlook.Watermark;
        await FollowAsync(visible, cancellationToken).ConfigureAwait(false);
        SamplingContext context = ContextOf((int)outlook.Number, visible, outlook.Running);
        AskRequest request = NewRequest(limit, key: null) with { Guess = new AskGuess(outlook.Number, outlook.Watermark, Propose(context)) };
        long sent = Stopwatch.GetTimestamp();
        AskOutcome asked = await _studies.Store.AskAsync(request, cancellationToken).ConfigureAwait(false);
        if (asked.Trial is not { } claim)
        {
            _asksBeforeGuess = AsksAfterWrongGuess;
            return null;
        }

        return await StartAsync(claim, isTakenOver: false, sent, cancellationToken, context).ConfigureAwait(false);
    }
}
