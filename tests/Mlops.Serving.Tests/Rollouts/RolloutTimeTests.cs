namespace Mlops.Serving.Tests;

/// <summary>How the computing times of two versions are compared.</summary>
public sealed class RolloutTimeTests
{
    private static readonly ServedVersion Stable = Served.VersionOf(1);
    private static readonly ServedVersion Candidate = Served.VersionOf(2);

    [Test]
    public void Slower_runs_roll_back_beyond_the_margin_and_not_within_it()
    {
        Assert.That(VerdictOnTimes(candidateTicks: 250), Is.EqualTo(RolloutVerdict.Rollback));
        Assert.That(VerdictOnTimes(candidateTicks: 120), Is.EqualTo(RolloutVerdict.Promote));

        static RolloutVerdict VerdictOnTimes(double candidateTicks)
        {
            RolloutEvidence evidence = Create(o => (o.MinimumKeys, o.ErrorMargin, o.WarmupCalls) = (50, 0.2, 20));
            var random = new Simulation(1);
            for (int i = 0; i < 4000; i++)
            {
                bool isCandidate = random.Uniform() < 0.5;
                double ticks = 1000 * (isCandidate ? candidateTicks : 100) * Math.Exp(0.2 * (random.Uniform() - 0.5));
                evidence.OnAnswer(random.NewKey(), isCandidate, 0.5, new RunTime((long)ticks, Rows: 1, At: i + 1), PredictionId.Next(), predicted: null);
            }

            return evidence.Evaluate(Stable, Candidate).Verdict;
        }
    }

    [Test]
    public void First_calls_are_not_compared_by_their_time()
    {
        RolloutEvidence evidence = Create(o => o.WarmupCalls = 50);
        for (ulong key = 1; key <= 100; key++)
            Time(evidence, key, isCandidate: key % 2 == 0, ticks: key % 2 == 0 ? 1_000_000 : 1);
        RolloutMetric cold = Metric(evidence, "time");

        Time(evidence, 101, isCandidate: false, ticks: 100);
        Time(evidence, 102, isCandidate: true, ticks: 200);
        RolloutMetric warm = Metric(evidence, "time");

        Assert.That((cold.CandidateKeys, cold.StableKeys, warm.CandidateKeys, warm.StableKeys), Is.EqualTo((0L, 0L, 1L, 1L)));
        Assert.That((warm.StableMean, warm.CandidateMean), Is.EqualTo((0.0, 1.0)), "2 to the power of 1 times the time of the stable version");
    }

    [Test]
    public void Times_are_compared_between_runs_of_equally_many_rows_near_each_other()
    {
        RolloutEvidence evidence = Create(o => o.WarmupCalls = 0);
        Time(evidence, 1, isCandidate: false, ticks: 100, rows: 8, at: 1);

        Time(evidence, 2, isCandidate: true, ticks: 100, rows: 1, at: 2);
        Time(evidence, 3, isCandidate: true, ticks: 100, rows: 72, at: 3);
        Assert.That(Metric(evidence, "time").CandidateKeys, Is.Zero, "another number of rows");

        Time(evidence, 4, isCandidate: false, ticks: 100, rows: 2, at: 4);
        Time(evidence, 5, isCandidate: true, ticks: 100, rows: 2, at: 4 + (11 * TimeProvider.System.TimestampFrequency));
        Assert.That(Metric(evidence, "time").CandidateKeys, Is.Zero, "long before");

        Time(evidence, 6, isCandidate: false, ticks: 50, rows: 1, at: 6);
        Assert.That((Metric(evidence, "time").CandidateKeys, Metric(evidence, "time").CandidateMean), Is.EqualTo((1L, (double?)1.0)));
    }

    [Test]
    public void A_run_is_compared_once_however_many_calls_shared_it_and_a_key_has_one_chance()
    {
        RolloutEvidence evidence = Create(o => o.WarmupCalls = 0);
        for (ulong key = 1; key <= 8; key++)
            Time(evidence, key, isCandidate: false, ticks: 100, rows: 8, at: 1);
        for (ulong key = 11; key <= 18; key++)
            Time(evidence, key, isCandidate: true, ticks: 100, rows: 8, at: 2);
        Assert.That(Metric(evidence, "time").CandidateKeys, Is.EqualTo(1));

        Time(evidence, 1, isCandidate: false, ticks: 100, rows: 8, at: 3);
        Time(evidence, 19, isCandidate: true, ticks: 100, rows: 8, at: 4);
        Assert.That(Metric(evidence, "time").CandidateKeys, Is.EqualTo(1), "the first key was compared already");

        Time(evidence, 20, isCandidate: false, ticks: 100, rows: 8, at: 5);
        Assert.That(Metric(evidence, "time").CandidateKeys, Is.EqualTo(2));
    }

    private static void Time(RolloutEvidence evidence, ulong key, bool isCandidate, long ticks, int rows = 1, long? at = null) =>
        evidence.OnAnswer(key, isCandidate, 0.5, new RunTime(ticks, rows, at ?? (long)key), PredictionId.Next(), predicted: null);

    private static RolloutEvidence Create(Action<RolloutOptions>? configure = null)
    {
        var options = new RolloutOptions();
        configure?.Invoke(options);
        return new RolloutEvidence(options, TimeProvider.System, default);
    }

    private static RolloutMetric Metric(RolloutEvidence evidence, string name) => evidence.Evaluate(Stable, Candidate).Metrics.Single(metric => metric.Name == name);
}
