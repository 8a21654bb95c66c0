using System.Globalization;

namespace Mlops.Serving.Tests;

public sealed class RolloutTests
{
    private const int Keys = 2000;

    [Test]
    public async Task Keys_are_split_and_each_stays_with_its_version()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.3));

        Dictionary<string, string> first = await served.VariantsAsync();
        Dictionary<string, string> second = await served.VariantsAsync();

        Assert.That(second, Is.EqualTo(first));
        Assert.That(first.Values.Count(variant => variant == "candidate"), Is.EqualTo(0.3 * Keys).Within(6 * Math.Sqrt(Keys * 0.21)));
        Assert.That((served.Rollout.State, served.Rollout.Share, served.Rollout.Candidate?.Number), Is.EqualTo((RolloutState.Running, 0.3, 2L)));
    }

    [Test]
    public async Task Answers_are_those_of_the_version_that_they_name()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));

        for (int i = 0; i < 200; i++)
        {
            Prediction<float> p = await served.PredictAsync(Key(i));
            Assert.That((p.Value, p.Version.Number), Is.EqualTo(p.Variant == "live" ? (1f, 1L) : (2f, 2L)));
        }
    }

    [Test]
    public async Task Rows_are_sticky_by_what_the_model_was_told_and_tensors_by_their_option()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel<Ride>("m", m => m
            .FromSource(MemorySource.Of(1, 0, 1)).Feature(r => r.Lag7).Feature(r => r.Rain)
            .Canary(new MemorySource { Package = MemorySource.Version(2, 1, 0, 2) }, c => c.Share = 0.5)
            .StickyBy(r => r.Lag7.ToString(CultureInfo.InvariantCulture))));
        await server.StartAsync();
        IPredictor<Ride, float> predictor = server.GetPredictor<Ride, float>("m");
        TensorRequest request = new TensorRequest().AddInput("features", [1, 2], [1, 2]);

        HashSet<string> seen = [];
        for (int user = 0; user < 100; user++)
        {
            string variant = (await predictor.PredictAsync(new Ride(user, 1))).Variant;
            string again = (await predictor.PredictAsync(new Ride(user, 2))).Variant;
            string named = (await predictor.PredictAsync(new Ride(-1, 2), new PredictionOptions { RoutingKey = $"{user}" })).Variant;
            using TensorResponse response = await server.Get("m").InferAsync(request, new PredictionOptions { RoutingKey = $"{user}" });
            Assert.That(new[] { again, named, response.Variant }, Is.All.EqualTo(variant));
            seen.Add(variant);
        }

        Assert.That(seen, Is.EquivalentTo(new[] { "live", "candidate" }));
    }

    [Test]
    public async Task A_larger_share_takes_keys_and_gives_none_back()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.1));
        Dictionary<string, string> before = await served.VariantsAsync();

        await served.Rollout.SetShareAsync(0.6);
        Dictionary<string, string> after = await served.VariantsAsync();

        Assert.That(before.Where(pair => pair.Value == "candidate").All(pair => after[pair.Key] == "candidate"), Is.True);
        Assert.That(after.Values.Count(variant => variant == "candidate"), Is.EqualTo(0.6 * Keys).Within(6 * Math.Sqrt(Keys * 0.24)));
    }

    [Test]
    public async Task Calls_of_nobody_are_split_by_chance_and_a_version_by_number_is_not_routed()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.AbTest(candidate));

        List<string> variants = [];
        for (int i = 0; i < Keys; i++)
            variants.Add((await served.PredictAsync(key: null)).Variant);

        Assert.That(variants.Count(variant => variant == "candidate"), Is.EqualTo(0.5 * Keys).Within(6 * Math.Sqrt(Keys * 0.25)));
        for (int i = 0; i < 50; i++)
        {
            Assert.That((await served.Predictor.PredictAsync(new float[1], new PredictionOptions { RoutingKey = Key(i), Version = 1 })).Version.Number, Is.EqualTo(1));
            Assert.That((await served.Predictor.PredictAsync(new float[1], new PredictionOptions { RoutingKey = Key(i), Version = 2 })).Version.Number, Is.EqualTo(2));
        }
    }

    [Test]
    public async Task A_promoted_candidate_answers_everybody_and_watchers_are_told()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate));
        Microsoft.Extensions.Primitives.IChangeToken changed = served.Model.WatchVersion();

        await served.Rollout.PromoteAsync("looks good");

        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"));
        Assert.That((await served.PredictAsync("a")).Value, Is.EqualTo(2f));
        Assert.That((served.Model.Version!.Number, served.Rollout.State, served.Rollout.Share, served.Rollout.Record!.Reason), Is.EqualTo((2L, RolloutState.Promoted, 1.0, "looks good")));
        Assert.That(changed.HasChanged, Is.True);
        Assert.That(served.Candidate.Loads + served.Stable.Loads, Is.EqualTo(2), "nothing is loaded for it");
    }

    [Test]
    public async Task A_promotion_is_taken_back_in_one_swap_while_the_version_before_is_warm()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.BlueGreen(candidate));
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"), "green gets no calls");
        Assert.That((await served.PredictAsync("a")).Version.Number, Is.EqualTo(1));
        await served.Rollout.PromoteAsync();

        await served.Rollout.RollbackAsync("complaints");

        Assert.That((await served.PredictAsync("a")).Version.Number, Is.EqualTo(1));
        Assert.That(served.Rollout.State, Is.EqualTo(RolloutState.RolledBack));
        Assert.That(served.Candidate.Loads + served.Stable.Loads, Is.EqualTo(2), "nothing is loaded for it");
    }

    [Test]
    public async Task The_version_before_is_let_go_when_the_window_is_over()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.RollbackWindow = TimeSpan.FromMinutes(5)));
        await served.Rollout.PromoteAsync();
        Assert.That(served.Runtime.LiveSessions, Is.EqualTo(2));

        served.Time.Advance(TimeSpan.FromMinutes(6));

        Assert.That(() => served.Runtime.LiveSessions, Is.EqualTo(1).After(30_000, 5));
        Assert.That((await served.PredictAsync("a")).Version.Number, Is.EqualTo(2));
        await served.Rollout.RollbackAsync("late");
        Assert.That((await served.PredictAsync("a")).Version.Number, Is.EqualTo(1), "it is loaded from the model's own source");
    }

    [Test]
    public async Task A_candidate_that_was_rolled_back_is_not_put_back_and_another_one_is_tried_out()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));

        await served.Rollout.RollbackAsync("wrong for some");

        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"));
        Assert.That(() => served.Runtime.LiveSessions, Is.EqualTo(1).After(30_000, 5), "its memory is freed");
        ModelLoadException refusal = (await Assert.ThrowsAsync<ModelLoadException>(() => served.Rollout.ReloadAsync()))!;
        Assert.That((refusal.Reason, refusal.Message.Contains("wrong for some", StringComparison.Ordinal)), Is.EqualTo((ModelLoadFailure.Quarantined, true)));

        served.Candidate.Package = MemorySource.Version(3, 1, 3);
        await served.Rollout.ReloadAsync();
        Assert.That((served.Rollout.State, served.Rollout.Candidate?.Number), Is.EqualTo((RolloutState.Running, 3L)));
    }

    [Test]
    public async Task A_candidate_that_callers_would_notice_is_refused_and_nothing_begins()
    {
        await using var served = await Served.StartAsync((m, candidate) =>
        {
            candidate.Package = MemorySource.Version(2, 1, 1, 1);
            m.Canary(candidate);
        });

        Assert.That(served.Rollout.State, Is.EqualTo(RolloutState.Waiting));
        Assert.That(async () => await served.Rollout.ReloadAsync(), Throws.InstanceOf<ModelLoadException>().With.Property("Reason").EqualTo(ModelLoadFailure.SignatureMismatch));
        Assert.That(async () => await served.Rollout.PromoteAsync(), Throws.InvalidOperationException.With.Message.Contains("cannot be promoted: the rollout's state is Waiting"));
    }

    [Test]
    public async Task The_version_that_serves_is_no_candidate_of_its_own()
    {
        await using var served = await Served.StartAsync((m, candidate) =>
        {
            candidate.Package = MemorySource.Version(1, 1, 1);
            m.Canary(candidate, c => c.Share = 1);
        });

        Assert.That(served.Rollout.State, Is.EqualTo(RolloutState.Waiting));
        Assert.That((await served.PredictAsync("a")).Variant, Is.EqualTo("live"));
        Assert.That(() => served.Runtime.LiveSessions, Is.EqualTo(1).After(30_000, 5));
    }

    [TestCase(-0.1)]
    [TestCase(1.1)]
    [TestCase(double.NaN)]
    public async Task A_share_out_of_range_is_refused(double share)
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate));

        Assert.That(async () => await served.Rollout.SetShareAsync(share), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("share"));
        Assert.That(
            () => ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2), c => c.Share = share))),
            Throws.InstanceOf<Microsoft.Extensions.Options.OptionsValidationException>());
    }

    [Test]
    public void A_model_tries_out_one_version_at_a_time() => Assert.That(
        () => new ModelServerOptions().AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2)).AbTest(MemorySource.Of(1, 3))),
        Throws.InvalidOperationException.With.Message.Contains("one version at a time"));

    [Test]
    public async Task Nothing_is_lost_while_versions_are_promoted_and_rolled_back_under_load()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));
        using var stop = new CancellationTokenSource();
        Task<int>[] callers = [.. Enumerable.Range(0, 3).Select(caller => Task.Run(async () =>
        {
            int calls = 0;
            for (; !stop.IsCancellationRequested; calls++)
            {
                Prediction<float> p = await served.PredictAsync(Key(calls));
                if ((long)p.Value != p.Version.Number)
                    throw new InvalidOperationException($"{p.Value} came from version {p.Version}.");
            }

            return calls;
        }))];

        for (long version = 3; version < 60; version++)
        {
            if (version % 2 == 0)
                await served.Rollout.PromoteAsync();
            if (version % 4 < 2)
                await served.Rollout.RollbackAsync("next");
            served.Candidate.Package = MemorySource.Version(version, 1, version);
            await served.Rollout.ReloadAsync();
            Assert.That(served.Rollout.Candidate?.Number, Is.EqualTo(version));
        }

        await stop.CancelAsync();
        Assert.That((await Task.WhenAll(callers)).Sum(), Is.Positive);
    }

    private static string Key(int i) => $"user-{i}";
}
