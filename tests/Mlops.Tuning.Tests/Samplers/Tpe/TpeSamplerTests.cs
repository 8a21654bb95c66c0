using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class TpeSamplerTests
{
    [Test]
    public void The_first_trials_are_those_of_the_random_sampler()
    {
        var tpe = new SamplerHarness(new TpeSampler { StartupTrials = 12 }, 4);
        var random = new SamplerHarness(new RandomSampler(), 4);
        tpe.Run(Problems.All["mixed"], 13);
        random.Run(Problems.All["mixed"], 13);

        double[] seen = tpe.History.Column("lr")[..13].ToArray();
        double[] drawn = random.History.Column("lr")[..13].ToArray();
        Assert.That(seen[..12], Is.EqualTo(drawn[..12]));
        Assert.That(seen[12], Is.Not.EqualTo(drawn[12]));
    }

    [Test]
    public void A_trial_chooses_the_same_whatever_views_were_followed_in_between() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[15, 120].Array[1, 12]).Sample(
            (flavour, counts) =>
            {
                var sampler = new TpeSampler { Multivariate = flavour > 0, Grouped = flavour == 2 };
                var harness = new SamplerHarness(sampler, 21);
                harness.Run(Problems.All["conditional"], 120);
                StudySampler wandering = harness.Sampler;
                foreach (int count in counts)
                {
                    StudySampler fresh = sampler.ForStudy(harness.Space);
                    Assert.That(Choose(wandering, harness, count), Is.EqualTo(Choose(fresh, harness, count)));
                }
            },
            iter: 12);

    [Test]
    public void Running_trials_push_the_others_away()
    {
        ParameterDomain domain = ParameterDomain.Real(0, 1);
        var harness = new SamplerHarness(new TpeSampler(), 3);
        harness.Run(h => Math.Pow(h.Suggest("x", domain) - 0.5, 2), 15);
        var view = new TrialView(harness.History, 15);
        double popular = Chosen(100, []);
        RunningTrial[] running = [.. Enumerable.Range(15, 10).Select(number => new RunningTrial(number, new Dictionary<string, double> { ["x"] = popular }))];

        double[] alone = [.. Enumerable.Range(101, 100).Select(number => Chosen(number, []))];
        double[] crowded = [.. Enumerable.Range(101, 100).Select(number => Chosen(number, running))];

        Assert.That(crowded.Count(x => Math.Abs(x - popular) < 0.05), Is.LessThan(alone.Count(x => Math.Abs(x - popular) < 0.05) / 2));

        double Chosen(int number, RunningTrial[] beside)
        {
            Dictionary<string, double> proposal = [];
            harness.Sampler.Propose(new SamplingContext(harness.Space, number, view, beside), proposal);
            return proposal["x"];
        }
    }

    [Test]
    public void Parameters_that_every_trial_has_are_proposed_together_and_groups_branch_by_branch()
    {
        var joint = new SamplerHarness(new TpeSampler(), 5);
        joint.Run(Problems.All["conditional"], 60);
        var grouped = new SamplerHarness(new TpeSampler { Grouped = true }, 5);
        grouped.Run(Problems.All["conditional"], 60);
        var independent = new SamplerHarness(new TpeSampler { Multivariate = false }, 5);
        independent.Run(Problems.All["conditional"], 60);

        Assert.That(Choose(joint.Sampler, joint, 60).Keys, Is.EqualTo(new[] { "kind" }));
        Assert.That(Choose(grouped.Sampler, grouped, 60).Keys, Is.SupersetOf(new[] { "kind", "lr_tree", "subsample", "act", "lr_mlp" }));
        Assert.That(Choose(independent.Sampler, independent, 60), Is.Empty);
    }

    [Test]
    public void Maximising_finds_the_maximum()
    {
        ParameterDomain domain = ParameterDomain.Real(-10, 10);
        var space = new StudySpace("s", [Direction.Maximize], 8);
        StudySampler sampler = new TpeSampler().ForStudy(space);
        var history = new TrialHistory(1);
        space.Learn("x", domain);
        double best = double.NegativeInfinity;
        for (int number = 0; number < 60; number++)
        {
            double x = sampler.Sample(new SamplingContext(space, number, new TrialView(history, number)), "x", domain);
            best = Math.Max(best, -Math.Abs(x - 3));
            history.Add(new HistoryRow(number, TrialState.Completed, [-Math.Abs(x - 3)], null, [new("x", new ParameterValue(x))]), space);
        }

        Assert.That(best, Is.GreaterThan(-0.1));
    }

    /// <summary>The unconstrained minimum lies at 0, the best feasible point at 2: x^2 subject to 2 - x &lt;= 0. By chance 6 of 60 would lie in the range.</summary>
    [Test]
    public void Trials_that_miss_a_constraint_are_avoided()
    {
        double[] feasible = Run(new TpeSampler(), [Direction.Minimize], 100, static x => ([x * x], Math.Max(0, 2 - x)));

        Assert.That(feasible[40..].Count(static x => x is >= 2 and < 4), Is.GreaterThan(20));
    }

    /// <summary>Of x^2 and (x - 2)^2 the front is 0 to 2, a tenth of the range. By chance 9 of 60 would lie in the wider range.</summary>
    [Test]
    public void Several_objectives_are_sought_along_their_front()
    {
        double[] chosen = Run(new TpeSampler(), [Direction.Minimize, Direction.Maximize], 100, static x => ([x * x, -(x - 2) * (x - 2)], 0));

        Assert.That(chosen[40..].Count(static x => x is > -0.5 and < 2.5), Is.GreaterThan(30));
        Assert.That(chosen[40..].Where(static x => x is > 0 and < 2).Max() - chosen[40..].Where(static x => x is > 0 and < 2).Min(), Is.GreaterThan(1.5));
    }

    [Test]
    public void With_several_objectives_parameters_are_chosen_one_by_one_unless_asked_otherwise()
    {
        var space = new StudySpace("s", [Direction.Minimize, Direction.Minimize], 8);
        space.Learn("x", ParameterDomain.Real(-10, 10));
        var history = new TrialHistory(2);
        for (int number = 0; number < 12; number++)
        {
            history.Add(new HistoryRow(number, TrialState.Completed, [number, -number], null, [new("x", new ParameterValue(number - 5.0))]), space);
        }

        Assert.That(Proposed(new TpeSampler()), Is.Empty);
        Assert.That(Proposed(new TpeSampler { Multivariate = true }).Keys, Is.EqualTo(new[] { "x" }));
        Assert.That(Proposed(new TpeSampler { Grouped = true }).Keys, Is.EqualTo(new[] { "x" }));

        Dictionary<string, double> Proposed(TpeSampler sampler)
        {
            Dictionary<string, double> proposal = [];
            sampler.ForStudy(space).Propose(new SamplingContext(space, 12, new TrialView(history, 12)), proposal);
            return proposal;
        }
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new TpeSampler { StartupTrials = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TpeSampler { Candidates = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static double[] Run(TpeSampler settings, Direction[] directions, int trials, Func<double, (double[] Values, double Violation)> objective)
    {
        ParameterDomain domain = ParameterDomain.Real(-10, 10);
        var space = new StudySpace("s", directions, 8);
        StudySampler sampler = settings.ForStudy(space);
        var history = new TrialHistory(directions.Length);
        space.Learn("x", domain);
        double[] chosen = new double[trials];
        for (int number = 0; number < trials; number++)
        {
            chosen[number] = sampler.Sample(new SamplingContext(space, number, new TrialView(history, number)), "x", domain);
            (double[] values, double violation) = objective(chosen[number]);
            history.Add(new HistoryRow(number, TrialState.Completed, values, null, [new("x", new ParameterValue(chosen[number]))], violation), space);
        }

        return chosen;
    }

    private static Dictionary<string, double> Choose(StudySampler sampler, SamplerHarness harness, int count)
    {
        var context = new SamplingContext(harness.Space, count, new TrialView(harness.History, count));
        var proposal = new Dictionary<string, double>();
        sampler.Propose(context, proposal);
        foreach (string name in harness.Space.Parameters.Keys.Order(StringComparer.Ordinal))
        {
            sampler.Sample(context, name, harness.Space.Parameters[name]);
        }

        return proposal;
    }
}
