using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class SuccessiveHalvingPrunerTests
{
    /// <summary>Rungs at 1, 2, 4 and 8: a first trial meets nobody, a worse one stops at rung 0, a better one passes them all.</summary>
    [Test]
    public void A_trial_stops_at_the_first_rung_where_it_is_not_among_the_best()
    {
        var scene = new PruningScene();
        var pruner = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2 };

        Assert.That(scene.RunUntilStopped(pruner, Enumerable.Repeat(1.0, 9)), Is.EqualTo(9));
        Assert.That(scene.RunUntilStopped(pruner, Enumerable.Repeat(2.0, 9)), Is.EqualTo(2));
        Assert.That(scene.RunUntilStopped(pruner, Enumerable.Repeat(0.5, 9)), Is.EqualTo(9));
        Assert.That(scene.RunUntilStopped(pruner, [0.4, 0.4, 3.0, 3, 3, 3]), Is.EqualTo(3));
    }

    /// <summary>Of seven trials with values 0.1 to 0.7 at a rung, and a factor of 2, the best three go on; with 8 only the best one.</summary>
    [TestCase(2, 0.3, PruningVerdict.Continue)]
    [TestCase(2, 0.31, PruningVerdict.Prune)]
    [TestCase(8, 0.1, PruningVerdict.Continue)]
    [TestCase(8, 0.11, PruningVerdict.Prune)]
    public void The_best_share_of_all_that_reached_the_rung_goes_on(int factor, double own, PruningVerdict expected)
    {
        var scene = new PruningScene();
        foreach (double value in new[] { 0.7, 0.1, 0.6, 0.2, 0.3, 0.4 })
        {
            scene.RunningAt((0, -9), (1, value));
        }

        Assert.That(scene.Judge(new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = factor }, scene.RunningAt((1, own))), Is.EqualTo(expected));
    }

    [Test]
    public void A_rung_between_two_reports_takes_the_later_one_and_is_judged_once()
    {
        var scene = new PruningScene();
        scene.RunningAt((3, 1), (4, 1));
        var pruner = new SuccessiveHalvingPruner { MinimumResource = 2, ReductionFactor = 8 };
        ReportedTrial trial = scene.RunningAt((3, 2));

        Assert.That(scene.Judge(pruner, trial), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(pruner, trial, judgedStep: 3), Is.EqualTo(PruningVerdict.Continue));
    }

    [Test]
    public void NaN_at_a_rung_is_pruned_and_never_counts_for_others()
    {
        var scene = new PruningScene(Direction.Maximize);
        var pruner = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2, Pauses = true };

        Assert.That(scene.Judge(pruner, scene.RunningAt((1, double.NaN))), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(pruner, scene.RunningAt((1, 0))), Is.EqualTo(PruningVerdict.Continue));
    }

    [Test]
    public void An_automatic_minimum_is_a_hundredth_of_the_first_completed_trial()
    {
        var scene = new PruningScene();
        var pruner = new SuccessiveHalvingPruner();
        Assert.That(scene.RunUntilStopped(pruner, Enumerable.Repeat(1.0, 250)), Is.EqualTo(250));

        Assert.That(scene.RunUntilStopped(pruner, Enumerable.Repeat(2.0, 250)), Is.EqualTo(3));
    }

    [Test]
    public void Offset_leaves_rungs_out_and_bootstrap_stops_the_first_trials_of_a_rung()
    {
        var scene = new PruningScene();
        scene.RunUntilStopped(new SuccessiveHalvingPruner { MinimumResource = 1 }, Enumerable.Repeat(0.0, 20));

        Assert.That(scene.RunUntilStopped(new SuccessiveHalvingPruner { MinimumResource = 1, Offset = 1 }, Enumerable.Repeat(1.0, 20)), Is.EqualTo(5));
        Assert.That(
            new PruningScene().RunUntilStopped(new SuccessiveHalvingPruner { MinimumResource = 1, Bootstrap = 1 }, Enumerable.Repeat(1.0, 20)), Is.EqualTo(2));
    }

    /// <summary>With a factor of 3 and 27 steps there are four brackets with ceil(4 * 27 / 4) = 27, ceil(4 * 9 / 3) = 12, ceil(4 * 3 / 2) = 6 and 4 shares.</summary>
    [Test]
    public void Hyperbands_brackets_take_the_shares_of_the_paper()
    {
        var of27 = new Brackets("s", minimum: 1, maximum: 27, factor: 3);
        int[] brackets = [.. Enumerable.Range(0, 4_900).Select(of27.Of)];

        Assert.That(of27.Shares, Is.EqualTo(new long[] { 27, 12, 6, 4 }));
        for (int bracket = 0; bracket < 4; bracket++)
        {
            double share = of27.Shares[bracket] / 49.0;
            Assert.That(brackets.Count(b => b == bracket), Is.EqualTo(4_900 * share).Within(4 * Math.Sqrt(4_900 * share * (1 - share))));
        }
    }

    /// <summary>From zlib: crc32(b"s_0") = 0xb20c7e2c and so on, modulo 49 = 43, 31, 45, 48, 45, 42, 31, 33, 22, 0, 12, 23.</summary>
    [Test]
    public void Hyperband_compares_within_the_bracket_of_the_number()
    {
        int[] brackets = [.. Enumerable.Range(0, 12).Select(new Brackets("s", minimum: 1, maximum: 27, factor: 3).Of)];
        Assert.That(brackets, Is.EqualTo(new[] { 2, 1, 3, 3, 3, 2, 1, 1, 0, 0, 0, 0 }));
        var scene = new PruningScene();
        var pruner = new HyperbandPruner { MaximumResource = 27 };
        int[] steps = [.. Enumerable.Range(0, 12).Select(number => scene.RunUntilStopped(pruner, Enumerable.Repeat((double)number, 28)))];

        Assert.That(steps, Is.EqualTo(brackets.Select((bracket, number) => Array.IndexOf(brackets, bracket) == number ? 28 : (int)Math.Pow(3, bracket) + 1)));
    }

    [Test]
    public void Hyperband_without_a_maximum_takes_the_first_completed_trial() =>
        Assert.That(new PruningScene().RunUntilStopped(new HyperbandPruner { Bootstrap = 9 }, Enumerable.Repeat(1.0, 20)), Is.EqualTo(20));

    /// <summary>Whatever the reports, the best trial of a rung always goes on.</summary>
    [Test]
    public void The_best_of_a_rung_always_goes_on() =>
        Gen.Double[-10, 10].Array[1, 30].Sample(static values =>
        {
            var scene = new PruningScene();
            ReportedTrial[] trials = Array.ConvertAll(values, value => scene.RunningAt((1, value)));
            return scene.Judge(new SuccessiveHalvingPruner { MinimumResource = 1 }, trials.MinBy(static trial => trial.Reports[0].Value)!) == PruningVerdict.Continue;
        });

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new SuccessiveHalvingPruner { MinimumResource = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SuccessiveHalvingPruner { ReductionFactor = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SuccessiveHalvingPruner { Offset = 31 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SuccessiveHalvingPruner { Bootstrap = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HyperbandPruner { MaximumResource = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HyperbandPruner { MinimumResource = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HyperbandPruner { ReductionFactor = 1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
