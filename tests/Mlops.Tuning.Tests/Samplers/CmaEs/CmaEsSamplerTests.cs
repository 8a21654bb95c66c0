using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class CmaEsSamplerTests
{
    [Test]
    public void A_trial_chooses_the_same_whatever_views_were_followed_in_between() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[2, 90].Array[1, 10]).Sample(
            static (which, counts) =>
            {
                string problem = new[] { "conditional", "mixed", "sphere5" }[which];
                var sampler = new CmaEsSampler();
                var harness = new SamplerHarness(sampler, 21);
                harness.Run(Problems.All[problem], 90);
                foreach (int count in counts)
                {
                    Dictionary<string, double> fresh = Proposed(sampler.ForStudy(harness.Space), harness, count);
                    Assert.That(Proposed(harness.Sampler, harness, count), Is.EqualTo(fresh));
                }
            },
            iter: 12);

    [Test]
    public void Numbers_evolve_branch_by_branch_and_choices_do_not()
    {
        var harness = new SamplerHarness(new CmaEsSampler(), 5);
        harness.Run(Problems.All["conditional"], 60);

        Dictionary<string, double> proposal = Proposed(harness.Sampler, harness, 60);

        Assert.That(proposal.Keys, Is.SupersetOf(new[] { "depth", "min_leaf", "lr_tree", "subsample", "lr_mlp", "layers" }));
        Assert.That(proposal.Keys, Has.None.AnyOf("kind", "kernel", "act"));
    }

    /// <summary>The grid's optimum is one of 21 values; a distribution without margin is stuck in the first cell it shrinks into on some seeds.</summary>
    [Test]
    public void A_grid_is_searched_to_its_optimum() =>
        Assert.That(Enumerable.Range(0, 10).Select(static seed => new SamplerHarness(new CmaEsSampler(), seed).Run(
            static h => Math.Abs(h.Suggest("a", ParameterDomain.Whole(0, 20)) - 17) + Math.Abs(h.Suggest("b", ParameterDomain.Whole(0, 20)) - 3), 200)), Is.All.Zero);

    [Test]
    public void Pruned_infeasible_and_failed_trials_move_it_away_or_not_at_all()
    {
        ParameterDomain domain = ParameterDomain.Real(0, 1);
        double[] centers = Array.ConvertAll(new[] { TrialState.Completed, TrialState.Pruned, TrialState.Failed }, left =>
        {
            var space = new StudySpace("s", [Direction.Minimize], 3);
            space.Learn("x", domain);
            space.Learn("y", domain);
            var history = new TrialHistory(1);
            for (int number = 0; number < 61; number++)
            {
                double x = new RandomStream(3, number, "x").NextDouble();
                TrialState state = x < 0.5 ? left : TrialState.Completed;
                history.Add(new HistoryRow(number, state, state == TrialState.Completed ? [x] : [], new TrialReport(1, double.NaN), [new("x", new ParameterValue(x)), new("y", new ParameterValue(0.5))]), space);
            }

            StudySampler sampler = new CmaEsSampler { Population = 10 }.ForStudy(space);
            return Enumerable.Range(100, 20).Average(number =>
            {
                Dictionary<string, double> proposal = [];
                sampler.Propose(new SamplingContext(space, number, new TrialView(history, 61)), proposal);
                return proposal["x"];
            });
        });

        Assert.That(centers[0], Is.LessThan(0.4), "small values are best");
        Assert.That(centers[1], Is.GreaterThan(0.5), "pruned ones are worse than any completed one");
        Assert.That(centers[2], Is.GreaterThan(0.5), "failed ones say nothing");
    }

    [Test]
    public void Maximising_evolves_towards_the_maximum()
    {
        ParameterDomain domain = ParameterDomain.Real(-1, 1);
        var space = new StudySpace("s", [Direction.Maximize], 8);
        StudySampler sampler = new CmaEsSampler().ForStudy(space);
        var history = new TrialHistory(1);
        double best = double.NegativeInfinity;
        for (int number = 0; number < 120; number++)
        {
            Dictionary<string, double> proposal = [];
            var context = new SamplingContext(space, number, new TrialView(history, number));
            sampler.Propose(context, proposal);
            double x = proposal.TryGetValue("x", out double proposed) ? proposed : sampler.Sample(context, "x", domain);
            space.Learn("x", domain);
            best = Math.Max(best, -Math.Abs(x - 0.7));
            history.Add(new HistoryRow(number, TrialState.Completed, [-Math.Abs(x - 0.7)], null, [new("x", new ParameterValue(x))]), space);
        }

        Assert.That(best, Is.GreaterThan(-1e-4));
    }

    [Test]
    public void A_warm_start_begins_where_the_earlier_study_was_good()
    {
        TrialRecord[] earlier = [.. Enumerable.Range(0, 100).Select(static number => Earlier(number, new RandomStream(1, number, "x").NextDouble(), new RandomStream(1, number, "y").NextDouble()))];
        var harness = new SamplerHarness(new CmaEsSampler { WarmStart = earlier }, 4);
        harness.Run(static h => h.Suggest("x", ParameterDomain.Real(0, 1)) + h.Suggest("y", ParameterDomain.Real(0, 1)), 1);

        double[][] first = [.. Enumerable.Range(1, 50).Select(number =>
        {
            Dictionary<string, double> proposal = [];
            harness.Sampler.Propose(new SamplingContext(harness.Space, number, new TrialView(harness.History, 1)), proposal);
            return new[] { proposal["x"], proposal["y"] };
        })];

        Assert.That(first.Average(static point => point[0]), Is.EqualTo(0.8).Within(0.1));
        Assert.That(first.Average(static point => point[1]), Is.EqualTo(0.2).Within(0.1));

        static TrialRecord Earlier(int number, double x, double y) => new()
        {
            Study = "earlier",
            Key = $"tuning/1/{number}",
            Number = number,
            State = TrialState.Completed,
            Attempt = 1,
            Values = [Math.Pow(x - 0.8, 2) + Math.Pow(y - 0.2, 2)],
            Parameters = new Dictionary<string, ParameterValue> { ["x"] = new(x), ["y"] = new(y) },
            Constraints = new Dictionary<string, double>(),
            Started = default,
        };
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        var space = new StudySpace("s", [Direction.Minimize], 0);

        Assert.That(() => new CmaEsSampler().ForStudy(new StudySpace("s", [Direction.Minimize, Direction.Minimize], 0)), Throws.ArgumentException);
        Assert.That(() => new CmaEsSampler { Separable = true, LearningRateAdaptation = true }.ForStudy(space), Throws.ArgumentException);
        Assert.That(() => new CmaEsSampler { Population = 3 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CmaEsSampler { FirstDeviation = double.NaN }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CmaEsSampler { StartupTrials = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static Dictionary<string, double> Proposed(StudySampler sampler, SamplerHarness harness, int count)
    {
        Dictionary<string, double> proposal = [];
        sampler.Propose(new SamplingContext(harness.Space, count, new TrialView(harness.History, count)), proposal);
        return proposal;
    }
}
