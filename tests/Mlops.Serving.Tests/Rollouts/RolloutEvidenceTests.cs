namespace Mlops.Serving.Tests;

public sealed class RolloutEvidenceTests
{
    private static readonly ServedVersion Stable = Served.VersionOf(1);
    private static readonly ServedVersion Candidate = Served.VersionOf(2);

    [Test]
    public void The_key_counts_and_not_the_call()
    {
        RolloutEvidence evidence = Create();

        for (int call = 0; call < 1000; call++)
            evidence.OnFault(key: 1, isCandidate: true, share: 0.05);

        RolloutMetric errors = Errors(evidence);
        Assert.That((errors.CandidateKeys, errors.CandidateMean), Is.EqualTo((1L, (double?)1.0)));
        Assert.That(evidence.Evaluate(Stable, Candidate).Verdict, Is.EqualTo(RolloutVerdict.Hold));
    }

    [Test]
    public void A_key_that_fails_after_good_calls_still_counts_against_its_version()
    {
        RolloutEvidence evidence = Create();

        evidence.OnAnswer(1, isCandidate: true, 0.05, default, PredictionId.Next(), predicted: null);
        double before = Errors(evidence).LogWorse;
        evidence.OnFault(1, isCandidate: true, 0.05);

        Assert.That(Errors(evidence).LogWorse, Is.GreaterThan(before));
    }

    [Test]
    public void Evidence_of_harm_is_the_mean_of_the_likelihood_ratios()
    {
        var faults = new FirstFaults();
        double[] ratios = [1.25, 1.6, 2.2, 3, 5, 10, 30, 100];

        faults.Add(isCandidate: true, 0.1);
        faults.Add(isCandidate: false, 0.1);
        faults.Add(isCandidate: true, 0.2);

        double expected = ratios.Average(r => r / (0.1 * r + 0.9) * (1 / (0.1 * r + 0.9)) * (r / (0.2 * r + 0.8)));
        Assert.That(faults.LogEValue, Is.EqualTo(Math.Log(expected)).Within(1e-12));
        Assert.That((faults.CandidateCount, faults.StableCount), Is.EqualTo((2L, 1L)));
    }

    [Test]
    public void Nothing_is_learned_while_one_version_answers_everybody()
    {
        RolloutEvidence evidence = Create();

        for (ulong key = 0; key < 1000; key++)
            evidence.OnFault(key, isCandidate: key < 500, share: key < 500 ? 1 : 0);

        Assert.That((Errors(evidence).LogWorse, Errors(evidence).CandidateKeys), Is.EqualTo((0.0, 0L)));
    }

    [Test]
    public void An_outcome_is_joined_to_its_prediction_and_the_first_one_of_a_key_counts()
    {
        RolloutEvidence evidence = Create(o => o.NonInferiority("mae", 0.1, limit: 2));
        PredictionId first = PredictionId.Next(), second = PredictionId.Next();
        evidence.OnAnswer(1, isCandidate: true, 0.5, default, first, predicted: 3);
        evidence.OnAnswer(1, isCandidate: true, 0.5, default, second, predicted: 3);

        evidence.OnOutcome(Outcome(PredictionId.Next(), 100));
        evidence.OnOutcome(Outcome(second, 3.5));
        evidence.OnOutcome(Outcome(first, 100));

        RolloutMetric mae = Metric(evidence, "mae");
        Assert.That((mae.CandidateKeys, mae.StableKeys), Is.EqualTo((1L, 0L)));
        Assert.That(mae.CandidateMean, Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void Losses_beyond_the_limit_are_taken_as_the_limit()
    {
        RolloutEvidence evidence = Create(o => o.NonInferiority("cost", 0.1, limit: 2, loss: static (predicted, actual) => 10 * Math.Abs(predicted - actual)));
        PredictionId id = PredictionId.Next();
        evidence.OnAnswer(1, isCandidate: false, 0.5, default, id, predicted: 3);

        evidence.OnOutcome(Outcome(id, 4));

        Assert.That(Metric(evidence, "cost").StableMean, Is.EqualTo(2).Within(1e-12));
    }

    [TestCase("mae", 3.0, 1.0, 2.0)]
    [TestCase("mse", 3.0, 1.0, 4.0)]
    [TestCase("error_rate", 3.0, 1.0, 1.0)]
    [TestCase("error_rate", 1.2, 1.0, 0.0)]
    public void Known_losses(string metric, double predicted, double actual, double expected) =>
        Assert.That(new OutcomeMetricOptions().LossOf(metric)!(predicted, actual), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void Memory_is_bounded_by_a_sample_of_the_keys()
    {
        var sample = new KeySample(1000);
        var random = new Simulation(3);
        for (int i = 0; i < 100_000; i++)
            sample.TryAdd(random.NewKey());

        Assert.That(sample.Count, Is.LessThanOrEqualTo(1000));
        Assert.That(sample.Count / sample.Share, Is.EqualTo(100_000).Within(6 * 100_000 / Math.Sqrt(sample.Count)), "what is kept stands for all");
    }

    [Test]
    public void A_sample_of_keys_is_independent_of_the_split()
    {
        var sample = new KeySample(1000);
        var random = new Simulation(4);
        List<ulong> keys = [.. Enumerable.Range(0, 50_000).Select(_ => random.NewKey())];
        foreach (ulong key in keys)
            sample.TryAdd(key);

        ulong[] kept = [.. keys.Where(key => Split.Mix(key) < sample.Share * Math.Pow(2, 64))];
        Assert.That(kept, Has.Length.EqualTo(sample.Count));
        Assert.That(kept.Count(key => key < 0.1 * Math.Pow(2, 64)), Is.EqualTo(0.1 * kept.Length).Within(6 * Math.Sqrt(0.09 * kept.Length)));
    }

    [Test]
    public void Predictions_that_wait_for_their_outcome_are_bounded_and_the_oldest_go()
    {
        var options = new RolloutOptions { MaximumKeys = 100 };
        options.NonInferiority("mae", 0.1);
        var outcomes = new OutcomeEvidence(options);
        PredictionId first = PredictionId.Next();
        outcomes.Expect(1, isCandidate: true, 0.5, first, 0);
        PredictionId last = default;
        for (ulong key = 2; key <= 101; key++)
            outcomes.Expect(key, isCandidate: true, 0.5, last = PredictionId.Next(), 0);

        outcomes.Take(first, 0);
        outcomes.Take(last, 0);

        Assert.That(outcomes.Metrics[0].Difference.CandidateCount, Is.EqualTo(1));
    }

    [Test]
    public void A_promotion_needs_keys_and_time()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var options = new RolloutOptions { ComputeTimeMargin = null, ErrorMargin = 0.3, MinimumKeys = 1000, MinimumDuration = TimeSpan.FromHours(1) };
        var evidence = new RolloutEvidence(options, time, time.GetUtcNow());
        var random = new Simulation(5);
        Assert.That(evidence.Evaluate(Stable, Candidate).Reason, Does.Contain("has run for 00:00:00 of 01:00:00"));

        time.Advance(TimeSpan.FromHours(1));
        Answer(1500);
        Assert.That(evidence.Evaluate(Stable, Candidate).Reason, Does.Contain("keys of the candidate, and 1000 are needed"));
        Answer(1500);
        Assert.That(evidence.Evaluate(Stable, Candidate).Verdict, Is.EqualTo(RolloutVerdict.Promote));

        void Answer(int keys)
        {
            for (int i = 0; i < keys; i++)
                evidence.OnAnswer(random.NewKey(), isCandidate: random.Uniform() < 0.5, 0.5, default, PredictionId.Next(), predicted: null);
        }
    }

    [Test]
    public void The_same_keys_again_take_no_heap()
    {
        RolloutEvidence evidence = Create(o => o.WarmupCalls = 0);
        for (int round = 0; round < 3; round++)
            Answer();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Answer();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Answer()
        {
            for (ulong key = 0; key < 1000; key++)
                evidence.OnAnswer(key, isCandidate: key % 2 == 0, 0.5, new RunTime(1, 1, (long)key), default, predicted: null);
        }
    }

    [Test]
    public void A_run_that_failed_as_a_whole_counts_once_for_the_candidate_and_for_every_call_of_the_stable_version()
    {
        RolloutEvidence candidate = Create(), one = Create();
        var run = new FailedRun(4);
        for (ulong key = 1; key <= 4; key++)
            candidate.OnFault(key, isCandidate: true, 0.05, run);
        one.OnFault(1, isCandidate: true, 0.05);
        Assert.That(Errors(candidate).LogWorse, Is.EqualTo(Errors(one).LogWorse));
        Assert.That((Errors(candidate).CandidateKeys, Errors(candidate).CandidateMean), Is.EqualTo((4L, (double?)1.0)), "nothing of it speaks for a promotion");

        RolloutEvidence stable = Create(), four = Create();
        run = new FailedRun(4);
        for (ulong key = 1; key <= 4; key++)
        {
            stable.OnFault(key, isCandidate: false, 0.05, run);
            four.OnFault(key, isCandidate: false, 0.05);
        }

        Assert.That(Errors(stable).LogWorse, Is.EqualTo(Errors(four).LogWorse));
        Assert.That((Errors(stable).StableKeys, Errors(stable).StableMean), Is.EqualTo((4L, (double?)0.0)), "nor does this");
    }

    [Test]
    public void A_run_that_calls_which_are_no_evidence_have_shared_does_not_count_against_the_candidate()
    {
        RolloutEvidence evidence = Create();
        var run = new FailedRun(3);   // one of them named its version

        evidence.OnFault(1, isCandidate: true, 0.05, run);
        evidence.OnFault(2, isCandidate: true, 0.05, run);

        Assert.That(Errors(evidence).LogWorse, Is.Zero);
    }

    [Test]
    public void A_prediction_that_is_not_finite_is_as_wrong_as_can_be()
    {
        RolloutEvidence evidence = Create(o => o.NonInferiority("mae", 0.1, limit: 2));
        PredictionId id = PredictionId.Next();
        evidence.OnAnswer(1, isCandidate: true, 0.5, default, id, predicted: double.NaN);

        evidence.OnOutcome(Outcome(id, 4));

        Assert.That(Metric(evidence, "mae").CandidateMean, Is.EqualTo(2).Within(1e-12));
    }

    private static RolloutEvidence Create(Action<RolloutOptions>? configure = null)
    {
        var options = new RolloutOptions();
        configure?.Invoke(options);
        return new RolloutEvidence(options, TimeProvider.System, default);
    }

    private static RolloutMetric Errors(RolloutEvidence evidence) => Metric(evidence, "errors");

    private static RolloutMetric Metric(RolloutEvidence evidence, string name) => evidence.Evaluate(Stable, Candidate).Metrics.Single(metric => metric.Name == name);

    private static PredictionOutcome Outcome(PredictionId id, double value) => new() { Model = "m", Id = id, Value = value, Timestamp = default };
}
