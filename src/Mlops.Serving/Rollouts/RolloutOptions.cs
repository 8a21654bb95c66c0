using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>How a candidate is tried out beside the version that serves; part of <see cref="ModelOptions"/>.</summary>
public sealed class RolloutOptions
{
    /// <summary>
    /// Share of the keys that the candidate answers at first, 0 to 1; <c>null</c> (the default): 0.05 for a canary, 0.5 for an A/B test, 0 for blue-green.
    /// </summary>
    [Range(0.0, 1.0)]
    public double? Share { get; set; }

    /// <summary>
    /// Shares that a canary goes through by itself, ascending, each above 0 and below 1, at most 20, for example 0.01, 0.05, 0.25 and 0.5; none by default. It begins with the
    /// first unless <see cref="Share"/> names another of them, and goes to the next when the evidence that every metric is within its margin has come as far on
    /// the way to a promotion as it has on that through the steps, with <see cref="MinimumKeys"/> keys of the candidate for each step. A candidate is
    /// promoted by itself only from the last. A share that is none of the steps, set by hand, stays.
    /// </summary>
    public IList<double> Steps { get; } = [];

    /// <summary>
    /// Whether a candidate that is shown to be worse is rolled back by itself; on by default, and never in an A/B test. One that accepts no more calls
    /// (<see cref="ModelOptions.MaximumLostSlots"/>) always is.
    /// </summary>
    public bool AutomaticRollback { get; set; } = true;

    /// <summary>Whether a candidate whose every metric is shown to be within its margin is promoted by itself; off by default, and never in an A/B test.</summary>
    public bool AutomaticPromotion { get; set; }

    /// <summary>
    /// Probability of rolling back a candidate that is not worse, over all metrics and however long it runs and often it is looked at; and that of promoting
    /// one whose difference is a margin or more. 0.01 by default, 0.000001 to 0.2. It holds for one gathering of evidence: another stable version begins a new one,
    /// and where the <see cref="IRolloutStore"/> does not keep evidence, so does a process that starts anew or takes over the decision.
    /// </summary>
    [Range(0.000001, 0.2)]
    public double Alpha { get; set; } = 0.01;

    /// <summary>
    /// By how much the share of keys whose first call fails may be higher for a promotion; 0.01 by default. A rollback needs no margin: failing more keys
    /// at all is worse. Only what the model does is a failure: not invalid inputs, deadlines, refusals and withdrawals.
    /// </summary>
    [Range(0.00001, 0.5)]
    public double ErrorMargin { get; set; } = 0.01;

    /// <summary>
    /// By how much the computing time may be longer, as a part of the stable version's and as a geometric mean; 0.5 (half as long again) by default,
    /// <c>null</c> not to compare it. Runs of equally many rows are compared, next to each other in time.
    /// </summary>
    [Range(0.01, 3.0)]
    public double? ComputeTimeMargin { get; set; } = 0.5;

    /// <summary>Losses of predictions by name, none by default; see <see cref="NonInferiority"/>.</summary>
    public IDictionary<string, OutcomeMetricOptions> Outcomes { get; } = new Dictionary<string, OutcomeMetricOptions>(StringComparer.Ordinal);

    /// <summary>Keys of the candidate that each metric needs before a promotion; 200 by default.</summary>
    [Range(1, 1_000_000_000)]
    public int MinimumKeys { get; set; } = 200;

    /// <summary>How long a candidate runs before it may be promoted by itself; zero by default, at most 90 days.</summary>
    public TimeSpan MinimumDuration { get; set; }

    /// <summary>
    /// Most keys that are remembered for each metric, and predictions whose outcome is waited for; 100,000 by default, which take about 10 MB. Of more keys
    /// a sample is counted, chosen by their hash.
    /// </summary>
    [Range(100, 100_000_000)]
    public int MaximumKeys { get; set; } = 100_000;

    /// <summary>Calls of either version whose time is not compared, since they meet cold caches; 100 by default.</summary>
    [Range(1, 1_000_000)]
    public int WarmupCalls { get; set; } = 100;

    /// <summary>
    /// How long the version before stays loaded after a promotion, so that a rollback is one swap; an hour by default, at most a week.
    /// </summary>
    public TimeSpan RollbackWindow { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How often the store is asked what others have decided, and who leads; 10 s by default, 100 ms to 10 minutes. Whoever leads stays it for three
    /// times as long.
    /// </summary>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Compares a loss of predictions whose outcomes are recorded (<see cref="ServedModel.RecordOutcome"/>, for row 0 of a call): a candidate is rolled back when
    /// its mean is shown to be higher by more than the margin, and promoted only when it is shown not to be.
    /// </summary>
    /// <param name="metric"><c>mae</c> (distance of prediction and outcome), <c>mse</c> (its square), <c>error_rate</c> (0 where both round to the same whole number, else 1), or a name for <paramref name="loss"/>.</param>
    /// <param name="margin">Above 0, at most <paramref name="limit"/>.</param>
    /// <param name="limit">Larger losses are taken as it. The smaller, the sooner something is shown.</param>
    /// <param name="loss">Loss from the prediction and what happened, at least 0, without exceptions. The prediction is the selected output's only number of a row, or the position of its largest.</param>
    public void NonInferiority(string metric, double margin, double limit = 1, Func<double, double, double>? loss = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(metric);
        Outcomes[metric] = new OutcomeMetricOptions { Margin = margin, Limit = limit, Loss = loss };
    }

    /// <summary>What attributes cannot say.</summary>
    internal IEnumerable<string> FindFaults()
    {
        (string Name, TimeSpan Value, TimeSpan Least, TimeSpan Most)[] times =
        [
            (nameof(CheckInterval), CheckInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            (nameof(RollbackWindow), RollbackWindow, TimeSpan.Zero, TimeSpan.FromDays(7)),
            (nameof(MinimumDuration), MinimumDuration, TimeSpan.Zero, TimeSpan.FromDays(90)),
        ];
        foreach ((string name, TimeSpan value, TimeSpan least, TimeSpan most) in times)
            if (value < least || value > most)
                yield return $"{name} is {value}; it must lie between {least} and {most}";

        if (FindFaultOfSteps() is { } step)
            yield return step;
        foreach ((string metric, OutcomeMetricOptions outcome) in Outcomes)
            if (outcome.FindFault(metric) is { } fault)
                yield return fault;
    }

    private string? FindFaultOfSteps()
    {
        const int Most = 20;
        if (Steps.Count > Most)
            return $"{nameof(Steps)} has {Steps.Count} shares; {Most} are the most";
        for (int i = 0; i < Steps.Count; i++)
            if (!(Steps[i] is > 0 and < 1) || (i > 0 && Steps[i] <= Steps[i - 1]))
                return $"{nameof(Steps)} has {Steps[i]} at place {i}; every step must be above 0, below 1 and above the one before";

        return Steps.Count > 0 && Share is { } share && !Steps.Contains(share) ? $"{nameof(Share)} is {share}, which is none of {nameof(Steps)}; leave it out to begin with the first" : null;
    }

    internal double ShareOf(RolloutKind kind) => Share ?? kind switch { RolloutKind.Canary => Steps.Count > 0 ? Steps[0] : 0.05, RolloutKind.AbTest => 0.5, _ => 0 };
}

[OptionsValidator]
internal sealed partial class RolloutOptionsValidator : IValidateOptions<RolloutOptions>;
