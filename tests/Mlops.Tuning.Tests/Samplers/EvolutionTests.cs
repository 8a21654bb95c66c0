using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class EvolutionTests
{
    private static readonly string[] Names = ["nsga-ii", "regularized-evolution", "cfo"];

    [Test]
    public void A_trial_chooses_the_same_whatever_views_were_followed_in_between() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[2, 90].Array[1, 8]).Sample(
            static (which, problem, counts) =>
            {
                ISampler sampler = QualityRun.Samplers[Names[which]];
                var harness = new SamplerHarness(sampler, 21);
                harness.Run(Problems.All[new[] { "conditional", "mixed", "branin" }[problem]], 90);
                foreach (int count in counts)
                {
                    Assert.That(Proposed(harness.Sampler, harness, count), Is.EqualTo(Proposed(sampler.ForStudy(harness.Space), harness, count)));
                }
            },
            iter: 20);

    /// <summary>Random search finds 0.083 at the median; 20 seeds of each, so by chance the medians would differ this much once in thousands.</summary>
    [TestCase("nsga-ii")]
    [TestCase("regularized-evolution")]
    public void On_a_conditional_space_it_beats_random_search(string name)
    {
        double[] ours = Best(name, "conditional", 100);
        double[] random = Best("random", "conditional", 100);

        Assert.That(QualityComparison.Of(ours, random, [1], [0]).BetterP, Is.LessThan(1e-3));
    }

    [TestCase("nsga-ii", "mixed")]
    [TestCase("nsga-ii", "sphere5")]
    [TestCase("regularized-evolution", "mixed")]
    [TestCase("regularized-evolution", "sphere5")]
    [TestCase("cfo", "sphere5")]
    [TestCase("cfo", "rosenbrock5")]
    public void It_beats_random_search(string name, string problem) =>
        Assert.That(QualityComparison.Of(Best(name, problem, 100), Best("random", problem, 100), [1], [0]).BetterP, Is.LessThan(1e-3));

    /// <summary>Fronts (1,4) (2,2) (4,1) and (3,3) (4,4): the ends of a front come first, then the roomiest; then pruned ones by step; then by violation.</summary>
    [Test]
    public void Constrained_dominance_orders_fronts_room_pruned_and_infeasible()
    {
        List<EvolutionRow> rows =
        [
            new(0, 0, 2, 0.5, [0, 0]), new(1, 1, 2, 0.1, [9, 9]), new(2, 2, 1, -3, [5]), new(3, 3, 1, -7, [9]), new(4, 4, 0, 0, [4, 4]), new(5, 5, 0, 0, [3, 3]),
            new(6, 6, 0, 0, [2, 2]), new(7, 7, 0, 0, [1, 4]), new(8, 8, 0, 0, [4, 1]), new(9, 9, 0, 0, [1.1, 3.9]),
        ];
        EvolutionRow.Sort(rows);

        Assert.That(rows.Select(static row => row.Index), Is.EqualTo(new[] { 7, 8, 6, 9, 5, 4, 3, 2, 1, 0 }));
    }

    /// <summary>Of x^2 and (x - 2)^2 the front is 0 to 2, a tenth of the range: by chance 12 of 80 would lie in the wider range.</summary>
    [TestCase("nsga-ii")]
    [TestCase("regularized-evolution")]
    public void Several_objectives_are_sought_along_their_front(string name)
    {
        double[] chosen = Run(name, [Direction.Minimize, Direction.Maximize], static x => ([x * x, -(x - 2) * (x - 2)], 0));

        Assert.That(chosen[40..].Count(static x => x is > -0.5 and < 2.5), Is.GreaterThan(30));
        Assert.That(chosen[40..].Where(static x => x is > 0 and < 2).Max() - chosen[40..].Where(static x => x is > 0 and < 2).Min(), Is.GreaterThan(1.5));
    }

    /// <summary>The best feasible point is 2, the unconstrained minimum 0: x^2 subject to 2 - x &lt;= 0.</summary>
    [TestCase("nsga-ii")]
    [TestCase("regularized-evolution")]
    [TestCase("cfo")]
    public void The_best_feasible_point_is_found_under_a_constraint(string name) =>
        Assert.That(Run(name, [Direction.Minimize], static x => ([x * x], Math.Max(0, 2 - x))).Where(static x => x >= 2).Min(), Is.LessThan(2.3));

    [Test]
    public void The_walk_begins_where_it_is_told_and_tries_backwards_what_failed()
    {
        ParameterDomain domain = ParameterDomain.Real(0, 10);
        var harness = new SamplerHarness(new CostFrugalSampler { Start = new Dictionary<string, double> { ["x"] = 1, ["y"] = -5 } }, 3);
        harness.Run(h => h.Suggest("x", domain) + h.Suggest("y", domain), 1);
        List<(double X, double Y)> asked = [];
        for (int i = 0; i < 4; i++)
        {
            harness.Begin();
            asked.Add((harness.Suggest("x", domain), harness.Suggest("y", domain)));
            harness.End(i == 0 ? -100 : 5);
        }

        // The first trial was random, the second is the start and better than anything; what fails next is mirrored.
        Assert.That(asked[0], Is.EqualTo((1.0, 0.0)));
        Assert.That(asked[2].X - asked[0].X, Is.EqualTo(Math.Clamp(asked[0].X - asked[1].X, -asked[0].X, 10 - asked[0].X)).Within(1e-9));
        Assert.That(asked[2].Y - asked[0].Y, Is.EqualTo(Math.Clamp(asked[0].Y - asked[1].Y, -asked[0].Y, 10 - asked[0].Y)).Within(1e-9));
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new NsgaIISampler { Population = 3 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NsgaIISampler { Crossover = 1.1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NsgaIISampler { Mutation = double.NaN }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RegularizedEvolutionSampler { Population = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RegularizedEvolutionSampler { Sample = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new CostFrugalSampler().ForStudy(new StudySpace("s", [Direction.Minimize, Direction.Minimize], 0)), Throws.ArgumentException);
        Assert.That(
            () => new CostFrugalSampler { Start = new Dictionary<string, double> { ["x"] = double.NaN } }.ForStudy(new StudySpace("s", [Direction.Minimize], 0)), Throws.ArgumentException);
    }

    private static double[] Best(string sampler, string problem, int trials) =>
        [.. Enumerable.Range(0, 20).Select(seed => new SamplerHarness(QualityRun.Samplers[sampler], seed).Run(Problems.All[problem], trials))];

    private static double[] Run(string name, Direction[] directions, Func<double, (double[] Values, double Violation)> objective)
    {
        ParameterDomain domain = ParameterDomain.Real(-10, 10);
        var space = new StudySpace("s", directions, 8);
        space.Learn("x", domain);
        StudySampler sampler = QualityRun.Samplers[name].ForStudy(space);
        var history = new TrialHistory(directions.Length);
        double[] chosen = new double[120];
        for (int number = 0; number < chosen.Length; number++)
        {
            var context = new SamplingContext(space, number, new TrialView(history, number));
            Dictionary<string, double> proposal = [];
            sampler.Propose(context, proposal);
            chosen[number] = proposal.TryGetValue("x", out double proposed) ? proposed : sampler.Sample(context, "x", domain);
            (double[] values, double violation) = objective(chosen[number]);
            history.Add(new HistoryRow(number, TrialState.Completed, values, null, [new("x", new ParameterValue(chosen[number]))], violation), space);
        }

        return chosen;
    }

    private static Dictionary<string, double> Proposed(StudySampler sampler, SamplerHarness harness, int count)
    {
        Dictionary<string, double> proposal = [];
        sampler.Propose(new SamplingContext(harness.Space, count, new TrialView(harness.History, count)), proposal);
        return proposal;
    }
}
