using System.Globalization;

namespace Mlops.Tuning.Tests;

/// <summary>Our samplers against Optuna's results on the same problems. Seeds are fixed, so a run always finds the same.</summary>
public sealed class QualityTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "reference", "tuning");

    private static readonly Lazy<Dictionary<string, Dictionary<string, Dictionary<string, Dictionary<string, double>>>>> Reference =
        new(static () => QualityRun.ReadReference(Folder));

    [TestCase("tpe", "tpe_v5default", "branin")]
    [TestCase("tpe", "tpe_v5default", "rosenbrock5")]
    [TestCase("tpe", "tpe_v5default", "conditional")]
    [TestCase("tpe", "tpe_v5default", "table_bc_gb")]
    [TestCase("cma-es", "cmaes", "rosenbrock5")]
    [TestCase("cma-es", "cmaes", "conditional")]
    [TestCase("gp", "gp", "hartmann6", 60)]
    [TestCase("nsga-ii", "nsga2", "conditional")]
    [TestCase("auto", "tpe_v5default", "mixed")]
    [TestCase("auto", "tpe_v5default", "conditional")]
    public void On_a_few_problems_it_is_not_worse_than_Optunas_own(string sampler, string theirs, string problem, int budget = 100)
    {
        QualityComparison comparison = Compare(sampler, theirs, problem, seeds: 30, budget);

        Assert.That(comparison.IsNotWorse, Is.True, comparison.ToString());
    }

    [Test]
    public void Random_search_is_found_to_be_worse() =>
        Assert.That(Compare("random", "tpe_v5default", "branin", seeds: 30, budget: 60).IsNotWorse, Is.False);

    [Test]
    public void Random_search_is_as_good_as_Optunas() =>
        Assert.That(Compare("random", "random", "mixed", seeds: 30, budget: 60).BetterP, Is.InRange(0.01, 0.99));

    /// <summary>
    /// The whole: every problem, both budgets. It fails where ours is found to be worse, and prints which are shown not to be worse; those that the seeds do not decide stay open.
    /// </summary>
    [TestCase("tpe", "tpe_v5default", 400)]
    [TestCase("tpe-univariate", "tpe_univariate", 100)]
    [TestCase("tpe-grouped", "tpe_group", 100)]
    [TestCase("cma-es", "cmaes", 400)]
    [TestCase("gp", "gp", 20)]
    [TestCase("nsga-ii", "nsga2", 100)]
    [TestCase("sobol", "qmc", 100)]
    [TestCase("auto", "tpe_v5default", 200)]
    [Explicit("Minutes of CPU.")]
    [Category("Long")]
    public Task On_no_problem_it_is_found_worse_than_Optunas_own(string sampler, string theirs, int seeds) =>
        RequireNoneWorseAsync(sampler, theirs, seeds, static problem => !HeldOutProblems.All.ContainsKey(problem));

    /// <summary>No setting was tuned on these; but the turns of Auto were chosen with a look at styblinski7 and levy6.</summary>
    [TestCase("tpe", 200)]
    [TestCase("auto", 200)]
    [Explicit("Minutes of CPU.")]
    [Category("Long")]
    public Task On_problems_held_out_it_is_not_found_worse_than_Optunas_default(string sampler, int seeds) =>
        RequireNoneWorseAsync(sampler, "tpe_v5default", seeds, HeldOutProblems.All.ContainsKey);

    private static async Task RequireNoneWorseAsync(string sampler, string theirs, int seeds, Predicate<string> isMeant)
    {
        List<(string Name, QualityComparison Comparison)> rows = [];
        foreach (string problem in Reference.Value.Where(entry => isMeant(entry.Key) && entry.Value.ContainsKey(theirs)).Select(static entry => entry.Key))
        {
            foreach (int budget in new[] { 60, 100 }.Where(budget => QualityRun.At(Reference.Value[problem][theirs], budget).Length >= 10))
            {
                rows.Add((string.Create(CultureInfo.InvariantCulture, $"{problem} at {budget}"), Compare(sampler, theirs, problem, seeds, budget)));
                await TestContext.Out.WriteLineAsync($"{(rows[^1].Comparison.IsNotWorse ? "not worse" : "open")}: {rows[^1].Name}: {rows[^1].Comparison}");
            }
        }

        Assert.That(rows, Is.Not.Empty);
        double[] worse = QualityComparison.Holm([.. rows.Select(static row => row.Comparison.WorseP)]);
        Assert.That(rows.Where((_, i) => worse[i] < 0.05).Select(static row => row.Name), Is.Empty);
    }

    private static QualityComparison Compare(string sampler, string theirs, string problem, int seeds, int budget)
    {
        double[] ours = QualityRun.At(QualityRun.Run(QualityRun.Samplers[sampler], Problems.Find(problem, Folder), seeds, [budget]), budget);
        Dictionary<string, Dictionary<string, Dictionary<string, double>>> reference = Reference.Value[problem];
        return QualityComparison.Of(ours, QualityRun.At(reference[theirs], budget), QualityRun.At(reference["random"], budget), QualityRun.At(reference["tpe_v5default"], budget));
    }
}
