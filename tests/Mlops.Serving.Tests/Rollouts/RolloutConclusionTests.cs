using System.Text.Json;

namespace Mlops.Serving.Tests;

public sealed class RolloutConclusionTests
{
    private const int Calls = 5000;

    [Test]
    public async Task A_candidate_whose_runs_fail_is_rolled_back_by_itself_with_its_figures()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.2));
        FailCandidate(served);

        int call = await CallUntilDecidedAsync(served);

        RolloutRecord record = served.Rollout.Record!;
        Assert.That(record.State, Is.EqualTo(RolloutState.RolledBack), $"after {call} calls");
        Assert.That(record.Reason, Does.Contain("keys of the candidate met a fault and 0 of the stable version"));
        JsonElement evidence = JsonDocument.Parse(record.Evidence!).RootElement;
        Assert.That((evidence.GetProperty("verdict").GetString(), evidence.GetProperty("candidateVersion").GetInt64()), Is.EqualTo(("Rollback", 2L)));
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"));
    }

    [Test]
    public async Task Answers_that_are_not_finite_count_against_the_candidate_where_those_of_the_stable_version_are()
    {
        await using var served = await Served.StartAsync((m, candidate) =>
        {
            candidate.Package = MemorySource.Version(2, 1, float.NaN);
            m.Canary(candidate, c => c.Share = 0.2).Configure(static options => options.RequireFinite = false);
        });

        await CallUntilDecidedAsync(served);

        Assert.That(served.Rollout.Record!.State, Is.EqualTo(RolloutState.RolledBack));
        Assert.That(served.Rollout.Record.Reason, Does.Contain("keys of the candidate met a fault and 0 of the stable version"));
    }

    [Test]
    public async Task Answers_that_are_not_finite_are_no_evidence_where_both_versions_give_them()
    {
        await using var served = await Served.StartAsync((m, candidate) =>
            m.Canary(candidate, static c => (c.Share, c.ComputeTimeMargin) = (0.5, null)).Configure(static options => options.RequireFinite = false));
        for (int i = 0; i < 2000; i++)
            await served.Predictor.PredictAsync(new[] { float.NaN }, new PredictionOptions { RoutingKey = $"user-{i}" });

        RolloutEvaluation evaluation = served.Rollout.Evaluate()!;
        Assert.That((evaluation.Verdict, evaluation.Metrics[0].StableMean, evaluation.Metrics[0].CandidateMean), Is.EqualTo((RolloutVerdict.Hold, (double?)1.0, (double?)1.0)));
    }

    [Test]
    public async Task Calls_with_tensors_are_evidence_too()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.2));
        FailCandidate(served);
        TensorRequest request = new TensorRequest().AddInput("features", [1, 1], [0]);

        for (int i = 0; i < Calls && served.Rollout.State == RolloutState.Running; i++)
        {
            try
            {
                using TensorResponse response = await served.Model.InferAsync(request, new PredictionOptions { RoutingKey = $"user-{i}" });
            }
            catch (PredictionException)
            {
                // The candidate's.
            }
        }

        Assert.That(() => served.Rollout.State, Is.EqualTo(RolloutState.RolledBack).After(30_000, 5));
    }

    [Test]
    public async Task What_is_not_the_models_doing_is_no_evidence()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.2));
        var wrong = new TensorRequest().AddInput("features", [1, 2], [0, 0]);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        for (int i = 0; i < 2000; i++)
        {
            var options = new PredictionOptions { RoutingKey = $"user-{i}" };
            Assert.That(async () => await served.Model.InferAsync(wrong, options), Throws.InstanceOf<InvalidInputException>());
            Assert.That(async () => await served.Predictor.PredictAsync(new float[2], options), Throws.ArgumentException);
            Assert.That(async () => await served.Predictor.PredictAsync(new float[1], options, cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        FailCandidate(served);
        for (int i = 0; i < 500; i++)
        {
            await CallAsync(served, key: null);
            await CallAsync(served, $"user-{i}", version: 2);
        }

        RolloutMetric errors = served.Rollout.Evaluate()!.Metrics[0];
        Assert.That((errors.StableKeys, errors.CandidateKeys, errors.LogWorse), Is.EqualTo((0L, 0L, 0.0)));
    }

    [Test]
    public async Task Worse_outcomes_roll_back_and_good_ones_promote_where_that_is_allowed()
    {
        // Version 1 answers 1 and version 2 answers 2.
        Assert.That(await DecideAsync(actual: 1), Is.EqualTo(RolloutState.RolledBack));
        Assert.That(await DecideAsync(actual: 2), Is.EqualTo(RolloutState.Promoted));

        static async Task<RolloutState> DecideAsync(double actual)
        {
            await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c =>
            {
                c.Share = 0.5;
                c.ErrorMargin = 0.2;
                c.AutomaticPromotion = true;
                c.ComputeTimeMargin = null;
                c.NonInferiority("mae", margin: 0.3);
            }));
            for (int i = 0; i < Calls && served.Rollout.State == RolloutState.Running; i++)
            {
                Prediction<float> p = await served.PredictAsync($"user-{i}");
                served.Model.RecordOutcome(p.Id, actual);
                if (i % 100 == 0)
                    served.Time.Advance(TimeSpan.FromSeconds(10));
            }

            Assert.That(
                () =>
                {
                    served.Time.Advance(TimeSpan.FromSeconds(10));
                    return served.Rollout.State;
                },
                Is.Not.EqualTo(RolloutState.Running).After(30_000, 20));
            return served.Rollout.State;
        }
    }

    [Test]
    public async Task An_AB_test_only_reports()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.AbTest(candidate, c => c.AutomaticPromotion = true));
        FailCandidate(served);

        for (int i = 0; i < 500; i++)
            await CallAsync(served, $"user-{i}");
        served.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.That((served.Rollout.State, served.Rollout.Evaluate()!.Verdict), Is.EqualTo((RolloutState.Running, RolloutVerdict.Rollback)));
    }

    [Test]
    public async Task Who_does_not_lead_does_not_decide_and_does_once_it_leads()
    {
        var store = new LedStore { Leads = false };
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.2), store);
        FailCandidate(served);
        for (int i = 0; i < 500; i++)
            await CallAsync(served, $"user-{i}");
        Assert.That((served.Rollout.State, served.Rollout.Evaluate()!.Verdict), Is.EqualTo((RolloutState.Running, RolloutVerdict.Rollback)));

        store.Leads = true;
        Assert.That(
            () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                return served.Rollout.State;
            },
            Is.EqualTo(RolloutState.RolledBack).After(30_000, 20));
    }

    [Test]
    public void A_metric_without_a_loss_or_with_a_margin_out_of_range_is_refused()
    {
        Assert.That(() => Create(c => c.NonInferiority("profit", 0.1)), Refused("'profit' needs a loss"));
        Assert.That(() => Create(c => c.NonInferiority("mae", 0)), Refused("Margin of 'mae' is 0"));
        Assert.That(() => Create(c => c.NonInferiority("mae", 2)), Refused("at most Limit"));
        Assert.That(() => Create(c => c.NonInferiority("mae", 0.1, limit: double.PositiveInfinity)), Refused("Limit of 'mae'"));
        Assert.That(() => Create(c => c.MinimumDuration = TimeSpan.FromDays(91)), Refused("MinimumDuration is 91.00:00:00"));
        Assert.That(() => Create(c => c.CheckInterval = TimeSpan.Zero), Refused("CheckInterval"));
        Assert.That(() => Create(c => c.Alpha = 0.5), Refused("Alpha"));

        static ModelServer Create(Action<RolloutOptions> configure) => ModelServer.Create(
            new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2), configure)));

        static NUnit.Framework.Constraints.IResolveConstraint Refused(string message) =>
            Throws.InstanceOf<Microsoft.Extensions.Options.OptionsValidationException>().With.Message.Contains(message);
    }

    private static void FailCandidate(Served served) => served.Runtime.Failing = numbers => numbers[^1] == 2;

    private static async Task<int> CallUntilDecidedAsync(Served served)
    {
        int call = 0;
        while (call < Calls && served.Rollout.State == RolloutState.Running)
            await CallAsync(served, $"user-{call++}");
        Assert.That(() => served.Rollout.Record!.State, Is.Not.EqualTo(RolloutState.Running).After(30_000, 5));
        return call;
    }

    private static async Task CallAsync(Served served, string? key, long? version = null)
    {
        try
        {
            await served.Predictor.PredictAsync(new float[1], new PredictionOptions { RoutingKey = key, Version = version });
        }
        catch (PredictionException)
        {
            // The candidate's.
        }
    }

    private sealed class LedStore : IRolloutStore
    {
        private readonly InMemoryRolloutStore _store = new();

        public bool Leads { get; set; }

        public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => _store.ListAsync(model, cancellationToken);

        public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) => _store.TryWriteAsync(record, cancellationToken);

        public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) => ValueTask.FromResult(Leads);
    }
}
