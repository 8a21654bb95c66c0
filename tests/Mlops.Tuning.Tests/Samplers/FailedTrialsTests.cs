namespace Mlops.Tuning.Tests;

/// <summary>A place where the objective fails is left, also where it always fails.</summary>
public sealed class FailedTrialsTests
{
    private static readonly ParameterDomain Range = ParameterDomain.Real(0, 10);

    [Test]
    public void A_walk_whose_start_fails_begins_elsewhere()
    {
        SamplerHarness harness = Walk();
        (double, double) start = Ask(harness);
        harness.Fail();
        (double, double) second = Ask(harness);
        harness.Fail();

        Assert.That(start, Is.EqualTo((1.0, 5.0)));
        Assert.That(new[] { start, second, Ask(harness) }, Is.Unique);
    }

    [Test]
    public void A_failed_step_is_a_step_that_did_not_pay()
    {
        SamplerHarness harness = Walk();
        (double X, double Y) place = Ask(harness);
        harness.End(-100);
        (double X, double Y) forward = Ask(harness);
        harness.Fail();
        (double X, double Y) backwards = Ask(harness);
        harness.Fail();

        Assert.That(backwards.X - place.X, Is.EqualTo(Math.Clamp(place.X - forward.X, -place.X, 10 - place.X)).Within(1e-9));
        Assert.That(Ask(harness), Is.Not.EqualTo(backwards));
    }

    /// <summary>On a grid the step back from the first gain often is the start again.</summary>
    [Test]
    public void A_walk_that_comes_back_to_its_start_goes_on()
    {
        ParameterDomain grid = ParameterDomain.Whole(0, 20);
        for (int seed = 0; seed < 20; seed++)
        {
            var harness = new SamplerHarness(new CostFrugalSampler(), seed);
            List<(double, double)> asked = [];
            harness.Run(
                h =>
                {
                    (double x, double y) = (h.Suggest("x", grid), h.Suggest("y", grid));
                    asked.Add((x, y));
                    return Math.Abs(x - 13) + Math.Abs(y - 12);
                },
                150);

            Assert.That(asked[^60..].Distinct().Count(), Is.GreaterThan(1), $"seed {seed}");
        }
    }

    /// <summary>The lowest values lie where every trial fails; the best that completes is 0.5, at the border, of which the trials by chance are 0.9 away.</summary>
    [Test]
    public void A_gaussian_process_finds_the_best_beside_a_region_that_fails()
    {
        double[] chosen = Run(static (x, _) => x > 0.5);

        Assert.That(chosen.Where(static x => x <= 0.5).Max(), Is.GreaterThan(0.45));
    }

    [Test]
    public void Failures_by_chance_do_not_keep_a_gaussian_process_from_the_optimum() =>
        Assert.That(Run(static (_, number) => number % 3 == 0).Min(static x => Math.Abs(x - 1)), Is.LessThan(0.02));

    private static SamplerHarness Walk()
    {
        var harness = new SamplerHarness(new CostFrugalSampler { Start = new Dictionary<string, double> { ["x"] = 1 } }, 3);
        Ask(harness);
        harness.Fail();

        // What fails first says nothing of the space; this trial makes it known.
        Ask(harness);
        harness.End(50);
        return harness;
    }

    private static (double X, double Y) Ask(SamplerHarness harness)
    {
        harness.Begin();
        return (harness.Suggest("x", Range), harness.Suggest("y", Range));
    }

    /// <summary>(x - 1)^2 between -10 and 10 over 50 trials.</summary>
    private static double[] Run(Func<double, int, bool> fails)
    {
        var harness = new SamplerHarness(new GaussianProcessSampler(), 3);
        return [.. Enumerable.Range(0, 50).Select(number =>
        {
            harness.Begin();
            double x = harness.Suggest("x", ParameterDomain.Real(-10, 10));
            if (fails(x, number))
            {
                harness.Fail();
            }
            else
            {
                harness.End((x - 1) * (x - 1));
            }

            return x;
        })];
    }
}
