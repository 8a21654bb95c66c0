using Microsoft.Extensions.Options;

namespace Mlops.Serving.Tests;

public sealed class RampTests
{
    private const int MostCalls = 40_000;
    private static readonly double[] Steps = [0.05, 0.2, 0.5];

    [Test]
    public async Task A_candidate_that_is_not_worse_goes_up_step_by_step_and_is_promoted_from_the_last_and_keys_only_move_to_it()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => Configure(c)));
        var before = new Dictionary<string, string>();
        List<double> shares = [];

        for (int call = 0; call < MostCalls && served.Rollout.State == RolloutState.Running; call++)
        {
            if (call % 100 == 0)
            {
                double share = served.Rollout.Share;
                if (shares.LastOrDefault() != share)
                    shares.Add(share);
                await LookAsync(served);
            }

            string key = $"user-{call % 20_000}";
            string variant = (await served.PredictAsync(key)).Variant;
            if (served.Rollout.State == RolloutState.Running && before.TryGetValue(key, out string? earlier) && earlier == "candidate")
                Assert.That(variant, Is.EqualTo("candidate"));
            before[key] = variant;
        }

        Assert.That(shares, Is.EqualTo(Steps));
        Assert.That((served.Rollout.State, served.Rollout.Record!.Reason), Is.EqualTo((RolloutState.Promoted, "every metric has been shown to be within its margin")));
    }

    [Test]
    public async Task A_candidate_that_fails_is_rolled_back_and_not_given_more()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => Configure(c)));
        served.Runtime.Failing = numbers => numbers[^1] == 2;

        for (int call = 0; call < MostCalls && served.Rollout.State == RolloutState.Running; call++)
        {
            if (call % 100 == 0)
                await LookAsync(served);
            try
            {
                await served.PredictAsync($"user-{call}");
            }
            catch (PredictionException)
            {
                // The candidate's.
            }
        }

        Assert.That(() => served.Rollout.Record!.State, Is.EqualTo(RolloutState.RolledBack).After(30_000, 5));
        Assert.That(served.Rollout.Record!.Share, Is.EqualTo(Steps[0]));
    }

    [Test]
    public async Task A_restart_in_the_middle_goes_on_with_its_share_and_its_keys()
    {
        var store = new InMemoryRolloutStore();
        Dictionary<string, string> variants;
        await using (var first = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => Configure(c)), store))
        {
            await CallUntilAsync(first, share: Steps[1]);
            variants = await first.VariantsAsync();
        }

        await using var second = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => Configure(c)), store);
        Assert.That(second.Rollout.Share, Is.EqualTo(Steps[1]));
        Assert.That(await second.VariantsAsync(), Is.EqualTo(variants));

        await CallUntilAsync(second, share: Steps[2]);
        Dictionary<string, string> after = await second.VariantsAsync();
        Assert.That(variants.Where(pair => pair.Value == "candidate").All(pair => after[pair.Key] == "candidate"), Is.True);
    }

    [Test]
    public async Task A_share_set_by_hand_that_is_no_step_stays()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => Configure(c)));
        await served.Rollout.SetShareAsync(0.3);

        for (int call = 0; call < 6000; call++)
        {
            if (call % 500 == 0)
                await LookAsync(served);
            await served.PredictAsync($"user-{call}");
            if (served.Rollout.State != RolloutState.Running)
                break;
            Assert.That(served.Rollout.Share, Is.EqualTo(0.3));
        }
    }

    [TestCase(0.05, 99, 2.0, null)]
    [TestCase(0.05, 100, 1.5, null)]
    [TestCase(0.05, 100, 1.54, 0.2)]
    [TestCase(0.2, 199, 5.0, null)]
    [TestCase(0.2, 200, 3.06, null)]
    [TestCase(0.2, 200, 3.08, 0.5)]
    [TestCase(0.5, 1000, 10.0, null)]
    [TestCase(0.1, 1000, 10.0, null)]
    public void Steps_ask_for_equal_parts_of_the_keys_and_of_the_evidence_of_a_promotion(double share, long keys, double evidence, double? expected)
    {
        var options = new RolloutOptions { MinimumKeys = 100 };   // alpha 0.01: a promotion needs 4.605
        foreach (double step in Steps)
            options.Steps.Add(step);
        RolloutMetric ample = new("errors", 1000, 1000, 0, 0, 0.01, 0, 100), scarce = ample with { CandidateKeys = keys, LogWithinMargin = evidence };

        Assert.That(Ramp.Next(options, share, new RolloutEvaluation(RolloutVerdict.Hold, "", 0.01, 1, 2, default, [ample, scarce])), Is.EqualTo(expected));
        Assert.That(Ramp.Next(options, share, new RolloutEvaluation(RolloutVerdict.Rollback, "", 0.01, 1, 2, default, [ample])), Is.Null);
    }

    [TestCase(new[] { 0.1, 0.1 }, null, "Steps has 0.1 at place 1")]
    [TestCase(new[] { 0.0, 0.1 }, null, "Steps has 0 at place 0")]
    [TestCase(new[] { 0.5, 1.0 }, null, "Steps has 1 at place 1")]
    [TestCase(new[] { double.NaN }, null, "Steps has NaN at place 0")]
    [TestCase(new[] { 0.1, 0.5 }, 0.2, "Share is 0.2, which is none of Steps")]
    public void Steps_that_do_not_go_up_are_refused(double[] steps, double? share, string message) => Assert.That(
        () => ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2), c =>
        {
            c.Share = share;
            foreach (double step in steps)
                c.Steps.Add(step);
        }))),
        Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(message));

    private static void Configure(RolloutOptions options)
    {
        foreach (double step in Steps)
            options.Steps.Add(step);
        (options.ComputeTimeMargin, options.ErrorMargin, options.MinimumKeys, options.AutomaticPromotion) = (null, 0.1, 50, true);
    }

    private static async Task CallUntilAsync(Served served, double share)
    {
        for (int call = 0; served.Rollout.Share < share; call++)
        {
            Assert.That(call, Is.LessThan(MostCalls), "the share did not grow");
            if (call % 100 == 0)
                await LookAsync(served);
            await served.PredictAsync($"caller-{call}");
        }
    }

    /// <summary>Has the rollout look once.</summary>
    private static Task LookAsync(Served served) => served.Rollout.LookAsync();
}
