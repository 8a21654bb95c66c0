namespace Mlops.Orchestration;

/// <summary>
/// How often a step that throws is tried, and how long to wait in between. Count and waiting time are stored with the step, so that
/// they outlive the process. Attempts that end because a worker stopped or was lost are not counted.
/// </summary>
public sealed record RetryPolicy
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(3_660);

    private RetryPolicy(int attempts, TimeSpan delay, double factor, TimeSpan maximumDelay, double jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumDelay, delay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumDelay, LongestDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(jitter, 1);
        Attempts = attempts;
        Delay = delay;
        Factor = factor;
        MaximumDelay = maximumDelay;
        Jitter = jitter;
    }

    /// <summary>One attempt, no retry.</summary>
    public static RetryPolicy None { get; } = new(1, TimeSpan.Zero, 1, TimeSpan.Zero, 0);

    /// <summary>Three attempts, about one and two seconds apart: the default of every step.</summary>
    public static RetryPolicy Default { get; } = Exponential(3, TimeSpan.FromSeconds(1));

    /// <summary>Attempts in all, the first included.</summary>
    public int Attempts { get; }

    /// <summary>The wait after the first failure, before jitter.</summary>
    public TimeSpan Delay { get; }

    /// <summary>What each further wait is multiplied by.</summary>
    public double Factor { get; }

    /// <summary>No wait is longer.</summary>
    public TimeSpan MaximumDelay { get; }

    /// <summary>The share of a wait that is spread: 0.2 makes it anything between 80 % and 100 %.</summary>
    public double Jitter { get; }

    /// <summary>Waits that double, from <paramref name="delay"/> up to <paramref name="maximumDelay"/> (default 5 min).</summary>
    /// <param name="attempts">Attempts in all, at least 1.</param>
    /// <param name="delay">The first wait. At least 0.</param>
    /// <param name="maximumDelay">The longest wait: at least <paramref name="delay"/>, at most 3 660 days.</param>
    /// <param name="jitter">0 to 1, default 0.2.</param>
    public static RetryPolicy Exponential(int attempts, TimeSpan delay, TimeSpan? maximumDelay = null, double jitter = 0.2) =>
        new(attempts, delay, 2, maximumDelay ?? Max(delay, TimeSpan.FromMinutes(5)), jitter);

    /// <summary>Waits of one length.</summary>
    /// <param name="attempts">Attempts in all, at least 1.</param>
    /// <param name="delay">0 to 3 660 days.</param>
    public static RetryPolicy Fixed(int attempts, TimeSpan delay) => new(attempts, delay, 1, delay, 0);

    /// <summary>The wait after a failure.</summary>
    /// <param name="failures">Failures so far, this one included.</param>
    /// <param name="spread">Anything that differs between steps; equal values give equal jitter, so that a log can be replayed.</param>
    internal TimeSpan DelayAfter(int failures, ulong spread)
    {
        double ticks = Math.Min(Delay.Ticks * Math.Pow(Factor, failures - 1), MaximumDelay.Ticks);
        double unit = (spread >> 11) * (1.0 / (1UL << 53));
        return TimeSpan.FromTicks((long)(ticks * (1 - Jitter * unit)));
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
