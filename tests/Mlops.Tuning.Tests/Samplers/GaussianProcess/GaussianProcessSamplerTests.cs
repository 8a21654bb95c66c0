using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class GaussianProcessSamplerTests
{
    private static readonly ParameterDomain Range = ParameterDomain.Real(-10, 10);

    [Test]
    public void A_trial_chooses_the_same_whatever_views_were_followed_in_between() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[2, 40].Array[1, 4]).Sample(
            static (which, counts) =>
            {
                var sampler = new GaussianProcessSampler();
                var harness = new SamplerHarness(sampler, 21);
                harness.Run(Problems.All[new[] { "conditional", "mixed", "branin" }[which]], 40);
                foreach (int count in counts)
                {
                    Dictionary<string, double> fresh = Proposed(sampler.ForStudy(harness.Space), harness, count, []);
                    Assert.That(Proposed(harness.Sampler, harness, count, []), Is.EqualTo(fresh));
                }
            },
            iter: 4);

    [Test]
    public void Forty_trials_find_the_minimum_of_a_smooth_function() =>
        Assert.That(Enumerable.Range(0, 3).Select(static seed => new SamplerHarness(new GaussianProcessSampler(), seed).Run(Problems.All["branin"], 40)), Is.All.LessThan(0.41));

    [Test]
    public void Running_trials_are_kept_away_from()
    {
        var harness = new SamplerHarness(new GaussianProcessSampler(), 3);
        harness.Run(static h => Math.Pow(h.Suggest("x", Range) - 1, 2), 12);
        double alone = Proposed(harness.Sampler, harness, 12, [])["x"];
        double beside = Proposed(harness.Sampler, harness, 12, [new RunningTrial(99, new Dictionary<string, double> { ["x"] = alone })])["x"];

        Assert.That(Math.Abs(beside - alone), Is.GreaterThan(1e-3));
    }

    /// <summary>The unconstrained minimum lies at 0, the best feasible point at 2: x^2 subject to 2 - x &lt;= 0.</summary>
    [Test]
    public void The_best_feasible_point_is_found_under_a_constraint()
    {
        var space = new StudySpace("s", [Direction.Minimize], 8);
        StudySampler sampler = new GaussianProcessSampler().ForStudy(space);
        var history = new TrialHistory(1);
        space.Learn("x", Range);
        double best = double.PositiveInfinity;
        for (int number = 0; number < 40; number++)
        {
            Dictionary<string, double> proposal = [];
            var context = new SamplingContext(space, number, new TrialView(history, number));
            sampler.Propose(context, proposal);
            double x = proposal.TryGetValue("x", out double proposed) ? proposed : sampler.Sample(context, "x", Range);
            best = x >= 2 ? Math.Min(best, x) : best;
            history.Add(new HistoryRow(number, TrialState.Completed, [x * x], null, [new("x", new ParameterValue(x))], Math.Max(0, 2 - x), 2 - x), space);
        }

        Assert.That(best, Is.LessThan(2.02));
    }

    [Test]
    public void Choices_and_grids_are_searched_to_the_optimum() =>
        Assert.That(Enumerable.Range(0, 3).Select(static seed => new SamplerHarness(new GaussianProcessSampler(), seed).Run(
            static h => Math.Abs(h.Suggest("a", ParameterDomain.Whole(0, 100)) - 63) + (10 * Math.Abs(h.Suggest("b", ParameterDomain.Categorical("a", "b", "c", "d")) - 2)), 45)), Is.All.LessThanOrEqualTo(1));

    /// <summary>Trials lie at 0 to 6 and say nothing of where values are better: then it looks where nothing is known.</summary>
    [Test]
    public void Equal_values_pruned_and_failed_trials_do_no_harm()
    {
        var space = new StudySpace("s", [Direction.Maximize], 8);
        StudySampler sampler = new GaussianProcessSampler { StartupTrials = 4, MaximumTrials = 20 }.ForStudy(space);
        var history = new TrialHistory(1);
        space.Learn("x", Range);
        List<double> proposed = [];
        for (int number = 0; number < 60; number++)
        {
            Dictionary<string, double> proposal = [];
            sampler.Propose(new SamplingContext(space, number, new TrialView(history, number)), proposal);
            proposed.AddRange(proposal.Values);
            TrialState state = (number % 5) switch { 0 => TrialState.Failed, 1 => TrialState.Pruned, _ => TrialState.Completed };
            history.Add(new HistoryRow(number, state, state == TrialState.Completed ? [1] : [], null, [new("x", new ParameterValue(number % 7))]), space);
        }

        Assert.That(proposed, Has.Count.EqualTo(52), "All but the first eight, of which four completed.");
        Assert.That(proposed, Is.All.InRange(-10, 10).And.All.Not.InRange(-0.5, 6.5));
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new GaussianProcessSampler { StartupTrials = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new GaussianProcessSampler { MaximumTrials = 10 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static Dictionary<string, double> Proposed(StudySampler sampler, SamplerHarness harness, int count, IReadOnlyList<RunningTrial> running)
    {
        Dictionary<string, double> proposal = [];
        sampler.Propose(new SamplingContext(harness.Space, count, new TrialView(harness.History, count), running), proposal);
        return proposal;
    }
}
