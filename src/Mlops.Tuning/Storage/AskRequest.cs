using Mlops.Storage;

namespace Mlops.Tuning;

/// <param name="Study">The study's row.</param>
/// <param name="Limit">Numbers stay below it.</param>
/// <param name="Key">The caller's idempotency key, or null.</param>
/// <param name="Owner">Who asks, for people who look.</param>
/// <param name="Clock">The clock of leases.</param>
/// <param name="Lease">How long the trial is held without renewal, in microseconds.</param>
/// <param name="MaximumAttempts">A trial that was lost this often fails.</param>
/// <param name="Now">Business time in microseconds.</param>
/// <param name="IsObserved">Whether an observer is to be told of the trial.</param>
/// <param name="Lag">The study's lag where the sampler or the pruner looks at other trials, else null.</param>
internal sealed record AskRequest(
    long Study, long Limit, string? Key, string Owner, ILeaseClock Clock, long Lease, int MaximumAttempts, long Now, bool IsObserved, int? Lag)
{
    /// <summary>How many finished trials a new one sees; null for all that have finished when it begins.</summary>
    public long? Watermark { get; init; }

    /// <summary>The new trial whose values have been chosen already; there is no trial when another number is next by now.</summary>
    public AskGuess? Guess { get; init; }

    /// <summary>
    /// Chooses the values of a new trial, as stored, while the study's row is held: runs on a writer's thread, maybe more than once. Null where it cannot, as it has not
    /// read what the trial is to see. Null where values are chosen by <see cref="Guess"/>, or by nothing but the trial's number.
    /// </summary>
    public Func<AskOutlook, string?>? Choose { get; init; }
}

/// <summary>A trial that is likely to be the next, and what was chosen for it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Proposal">What was chosen, as stored.</param>
internal sealed record AskGuess(long Number, string Proposal);

/// <summary>What an ask would find.</summary>
/// <param name="Number">The next number; -1 when there is a trial to take over first, or the key has one.</param>
/// <param name="Watermark">How many trials have finished.</param>
/// <param name="Running">What was proposed for those before it that it does not see finished.</param>
internal sealed record AskOutlook(long Number, long Watermark, List<(int Number, string Proposal)> Running)
{
    /// <summary>Whether the next trial has to wait for others, as it is to see them.</summary>
    public bool IsBlocked { get; init; }
}

/// <param name="Trial">The trial, or null when all numbers below the limit are taken.</param>
/// <param name="IsRepeat">Whether the key was seen before.</param>
/// <param name="Running">Without a trial: how many of the study still run, here or elsewhere.</param>
/// <param name="Exhausted">How many trials were failed because they had been lost too often.</param>
internal sealed record AskOutcome(ClaimedTrial? Trial, bool IsRepeat, int Running, int Exhausted)
{
    /// <summary>Without a trial: whether the next one has to wait for others, as it is to see them.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>Without a trial: whether values were chosen for one that is not the next any more.</summary>
    public bool IsOvertaken { get; init; }
}
