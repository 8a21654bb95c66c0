using System.Globalization;

namespace Mlops.Tuning;

/// <summary>
/// What a study's choices may depend on besides its seed. It is kept with the study and binds every process that works on it. Immutable.
/// </summary>
public sealed class Determinism : IEquatable<Determinism>
{
    internal const int LongestLag = 1_000;

    private Determinism(int? lag) => LagTrials = lag;

    /// <summary>
    /// A trial sees all that had finished when it began. With one worker choices depend on the seed alone; with several also on who was faster,
    /// and what a trial saw is stored with it (<see cref="TrialRecord.Watermark"/>).
    /// </summary>
    public static Determinism Default { get; } = new(lag: null);

    /// <summary>How many trials before its own a trial does not see; null in the default.</summary>
    public int? LagTrials { get; }

    /// <summary>
    /// Trial k sees the trials up to k - <paramref name="trials"/> - 1, whoever was faster, so that one worker and many make the same choices, crashes
    /// included. A trial waits until those have finished: at most <paramref name="trials"/> + 1 run at once. The bounds of a parameter may not
    /// change in such a study, and pruners that pause trials do not go with it. Time budgets and stopping by convergence are outside of the promise.
    /// </summary>
    /// <param name="trials">0 to 1 000; the number of workers less one is a good choice.</param>
    public static Determinism Lag(int trials)
    {
        if (trials is < 0 or > LongestLag)
        {
            throw new ArgumentOutOfRangeException(nameof(trials), trials, $"A lag is 0 to {LongestLag} trials.");
        }

        return new(trials);
    }

    /// <inheritdoc/>
    public bool Equals(Determinism? other) => other is not null && LagTrials == other.LagTrials;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Determinism);

    /// <inheritdoc/>
    public override int GetHashCode() => LagTrials.GetHashCode();

    /// <summary><c>default</c> or <c>lag 7</c>.</summary>
    public override string ToString() => LagTrials is { } lag ? string.Create(CultureInfo.InvariantCulture, $"lag {lag}") : "default";

    internal static Determinism Of(int? lag) => lag is { } trials ? Lag(trials) : Default;
}
