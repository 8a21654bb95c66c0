namespace Mlops.Statistics.Tests;

/// <summary>Cramer-von Mises, Anderson-Darling, Kuiper, energy, Wasserstein and Epps-Singleton: level, power where Kolmogorov-Smirnov is weak, degenerate data.</summary>
[TestFixture]
internal sealed class RankTestsTests
{
    private static readonly Dictionary<string, Func<double[], double[], TwoSampleResult>> Tests = new()
    {
        ["cramer-von-mises"] = static (x, y) => CramerVonMises.Test(x, y, Quick),
        ["anderson-darling"] = static (x, y) => AndersonDarling.Test(x, y, Quick),
        ["kuiper"] = static (x, y) => Kuiper.Test(x, y, Quick),
        ["energy"] = static (x, y) => EnergyDistance.Test(x, y, Quick),
        ["wasserstein"] = static (x, y) => Wasserstein.Test(x, y, Quick),
        ["epps-singleton"] = static (x, y) => EppsSingleton.Test(x, y),
    };

    private static readonly TwoSampleTestOptions Quick = new() { Permutations = 99 };

    private static IEnumerable<string> Names => Tests.Keys;

    [Test]
    public void False_alarms_are_nominal(
        [ValueSource(nameof(Names))] string test, [Values("normal", "pareto", "discrete2", "discrete50", "zero-inflated")] string law, [Values(30, 200)] int n)
    {
        int runs = n > 100 ? 300 : 600;
        int alarms = Enumerable.Range(0, runs).Count(run =>
            Tests[test](TestData.Draw((ulong)run * 2, n, law), TestData.Draw(((ulong)run * 2) + 1, n + 10, law)).IsSignificant(0.05));

        // The halves of a discrete law make p-values lumpy: the permutation test may not reach its level, but never exceeds it.
        // Epps and Singleton's scale is the interquartile range, which is zero for most zero-inflated samples: no p-value, no alarm.
        double lowest = (law, test) switch
        {
            ("zero-inflated", "epps-singleton") => 0,
            ("discrete2", _) => 0.01,
            _ => 0.025,
        };
        Assert.That(alarms, Is.InRange(lowest == 0 ? 0 : TestData.LowerLimit(runs, lowest), TestData.UpperLimit(runs, 0.06)));
    }

    [Test]
    public void Permutations_and_the_limit_agree([Values("cramer-von-mises", "anderson-darling", "kuiper")] string test)
    {
        for (ulong seed = 0; seed < 8; seed++)
        {
            double[] x = TestData.Normal(seed, 300), y = TestData.Normal(seed + 100, 400, mean: 0.1);
            TwoSampleTestOptions permutation = new() { Method = PValueMethod.Permutation, Permutations = 2_999 };
            (TwoSampleResult limit, TwoSampleResult exact) = test switch
            {
                "cramer-von-mises" => (CramerVonMises.Test(x, y), CramerVonMises.Test(x, y, permutation)),
                "anderson-darling" => (AndersonDarling.Test(x, y), AndersonDarling.Test(x, y, permutation)),
                _ => (Kuiper.Test(x, y), Kuiper.Test(x, y, permutation)),
            };
            double p = exact.PValue!.Value, error = Math.Sqrt(p * (1 - p) / 3_000);
            Assert.That((limit.PValueKind, exact.PValueKind), Is.EqualTo((PValueKind.Asymptotic, PValueKind.Permutation)));
            Assert.That(limit.PValue!.Value, Is.EqualTo(p).Within((4 * error) + 0.012), $"seed {seed}");
        }
    }

    /// <summary>Relabellings that were the same in every test would put each seed's level off by 3.5 points, one standard deviation, for good.</summary>
    [Test]
    public void The_level_is_the_nominal_one_under_every_seed([Values(1, 2, 3, 4)] int seed)
    {
        const int runs = 2_000;
        TwoSampleTestOptions few = new() { Permutations = 39, Method = PValueMethod.Permutation, Seed = (ulong)seed };
        int alarms = Enumerable.Range(0, runs).Count(run =>
            CramerVonMises.Test(TestData.Normal(2 * (ulong)run, 15), TestData.Normal((2 * (ulong)run) + 1, 15), few).IsSignificant(0.05));
        Assert.That(alarms, Is.InRange(TestData.LowerLimit(runs, 0.05), TestData.UpperLimit(runs, 0.05)));
    }

    [Test]
    public void The_exact_Cramer_von_Mises_law_is_the_count_of_all_orders()
    {
        // Every way to give 4 of 9 ranks to the first sample, by brute force.
        double[] pooled = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        int[] masks = [.. Enumerable.Range(0, 512).Where(static mask => int.PopCount(mask) == 4)];
        double[] statistics = [.. masks.Select(mask => CramerVonMises.Test(Take(mask), Take(~mask)).Statistic!.Value)];
        for (int i = 0; i < masks.Length; i += 5)
        {
            TwoSampleResult result = CramerVonMises.Test(Take(masks[i]), Take(~masks[i]));
            Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Exact));
            Assert.That(result.PValue!.Value, Is.EqualTo(statistics.Count(s => s >= statistics[i] - 1e-12) / (double)masks.Length).Within(1e-13));
        }

        double[] Take(int mask) => [.. pooled.Where((_, i) => (mask >> i & 1) != 0)];
    }

    [Test]
    public void Kuipers_statistic_does_not_depend_on_where_a_circle_begins()
    {
        double[] x = [0.1, 0.15, 0.4, 0.72, 0.9], y = [0.2, 0.35, 0.5, 0.55, 0.6, 0.95];
        double expected = Kuiper.Test(x, y).Statistic!.Value;
        for (double turn = 0.05; turn < 1; turn += 0.1)
            Assert.That(Kuiper.Test(Turned(x), Turned(y)).Statistic!.Value, Is.EqualTo(expected).Within(1e-15));

        double[] Turned(double[] values, double by = 0.3) => [.. values.Select(v => (v + by) % 1)];
    }

    [Test]
    public void Anderson_Darling_sees_tails_that_Kolmogorov_Smirnov_misses()
    {
        const int Runs = 200;
        int seen = 0, missed = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            double[] x = TestData.Normal(run * 2, 300), y = TestData.Normal((run * 2) + 1, 300, deviation: 1.3);
            seen += AndersonDarling.Test(x, y).IsSignificant(0.05) ? 1 : 0;
            missed += KolmogorovSmirnov.Test(x, y).IsSignificant(0.05) ? 0 : 1;
        }

        Assert.That(seen, Is.GreaterThan(Runs - missed + (Runs / 10)));
    }

    [Test]
    public void Samples_may_be_swapped([ValueSource(nameof(Names))] string test)
    {
        double[] x = TestData.Draw(1, 60, "discrete50"), y = TestData.Draw(2, 45, "discrete50");
        Assert.That(Tests[test](x, y).Statistic!.Value, Is.EqualTo(Tests[test](y, x).Statistic!.Value).Within(1e-9).Percent);
    }

    [Test]
    public void Degenerate_samples_have_typed_results([ValueSource(nameof(Names))] string test)
    {
        Assert.That(Tests[test]([], [1.0]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(Tests[test]([double.NaN], [1.0]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        double[] constant = [.. Enumerable.Repeat(3.0, 30)];
        TwoSampleResult same = Tests[test](constant, constant);
        Assert.That(same.PValue is 1 || same.Reason == NotComputableReason.ConstantSample, Is.True);
        TwoSampleResult infinite = Tests[test]([double.NegativeInfinity, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, double.PositiveInfinity]);
        Assert.That(infinite.Reason is null ? infinite.PValue!.Value : 1, Is.InRange(0.0, 1.0));
    }

    [Test]
    public void Large_tied_samples_get_fewer_relabellings_unless_they_are_asked_for()
    {
        TwoSampleTestOptions asked = new() { Method = PValueMethod.Permutation, Permutations = 49 };
        Assert.That(
            new[] { 1_000, 20_000, 120_000, 100_000_000 }.Select(static values => Relabelling.Rounds(TwoSampleTestOptions.Default, values)),
            Is.EqualTo(new[] { 9_999, 9_999, 1_666, 199 }));
        Assert.That(Relabelling.Rounds(asked, 100_000_000), Is.EqualTo(49));
        Assert.That(Relabelling.Rounds(asked with { Method = PValueMethod.Auto }, 100_000_000), Is.EqualTo(49));
        double[] x = TestData.Draw(1, 400, "discrete5"), y = TestData.Draw(2, 400, "discrete50");
        Assert.That(1 / CramerVonMises.Test(x, y, asked).PValue!.Value, Is.EqualTo(50).Within(1e-6));
    }

    /// <summary>Stephens's (1970) modified statistic V (sqrt(n) + 0.155 + 0.24 / sqrt(n)), whose upper 10, 5 and 1 % points he tabulates as 1.620, 1.747 and 2.001.</summary>
    [TestCase(1.620, 0.10), TestCase(1.747, 0.05), TestCase(2.001, 0.01)]
    public void Kuiper_has_the_points_of_Stephens(double point, double level)
    {
        // Of 150 against 150 values, the first k of the current sample lie below all others: V = k / 150 and the steps are untied.
        double root = Math.Sqrt(75), modified = root + 0.155 + (0.24 / root);
        int k = (int)Math.Round(point / modified * 150);
        double[] current = [.. Enumerable.Range(0, 150).Select(i => i < k ? i - 1_000.0 : (2 * i) + 0.5)];
        double[] reference = [.. Enumerable.Range(0, 150).Select(i => (2.0 * (i + k)) + 1)];
        TwoSampleResult result = Kuiper.Test(reference, current, new() { Method = PValueMethod.Asymptotic });
        double z = result.Statistic!.Value * modified;

        // Off the point by what a step of V is off; the slope of the tail there is -4 z + 2 / z.
        double expected = level * Math.Exp((z - point) * ((-4 * point) + (2 / point)));
        Assert.That(result.PValue!.Value, Is.EqualTo(expected).Within(1).Percent);
    }
}
