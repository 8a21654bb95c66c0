namespace Mlops.Tuning.Tests;

public sealed class PercentilePrunerTests
{
    /// <summary>numpy.percentile([1, 2, 3, 10], 25) = 1.75, of [1, 2, 3, 10] from above 4.75.</summary>
    [TestCase(Direction.Minimize, 1.75, PruningVerdict.Continue)]
    [TestCase(Direction.Minimize, 1.76, PruningVerdict.Prune)]
    [TestCase(Direction.Maximize, 4.75, PruningVerdict.Continue)]
    [TestCase(Direction.Maximize, 4.74, PruningVerdict.Prune)]
    public void The_percentile_is_interpolated_between_completed_trials(Direction direction, double own, PruningVerdict expected)
    {
        var scene = new PruningScene(direction);
        foreach (double value in new double[] { 10, 1, 3, 2 })
        {
            scene.Completed(value, value);
        }

        Assert.That(scene.Judge(new PercentilePruner(25) { StartupTrials = 4 }, scene.Running(own)), Is.EqualTo(expected));
    }

    [Test]
    public void The_best_report_so_far_counts_not_the_last()
    {
        var scene = new PruningScene();
        scene.Completed(1, 5, 3);

        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(2, 9)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(4, 9)), Is.EqualTo(PruningVerdict.Prune));
    }

    [Test]
    public void Pruned_and_running_trials_are_not_compared_with()
    {
        var scene = new PruningScene();
        scene.Completed(1, 5);
        for (int i = 0; i < 9; i++)
        {
            scene.Running(0).State = TrialState.Pruned;
            scene.Running(0);
        }

        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(5)), Is.EqualTo(PruningVerdict.Continue));
    }

    [Test]
    public void Nothing_is_pruned_before_enough_trials_have_completed_and_reported_at_the_step()
    {
        var scene = new PruningScene();
        for (int i = 0; i < 4; i++)
        {
            scene.Completed(0, 0, 0);
        }

        Assert.That(scene.Judge(new MedianPruner(), scene.Running(9)), Is.EqualTo(PruningVerdict.Continue));
        scene.Completed(0, 0);
        Assert.That(scene.Judge(new MedianPruner(), scene.Running(9)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(new MedianPruner { MinimumTrials = 5 }, scene.Running(9, 9)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new MedianPruner(), scene.Running(9, 9, 9)), Is.EqualTo(PruningVerdict.Continue));
    }

    [Test]
    public void A_trial_that_has_reported_nothing_but_NaN_is_pruned_and_others_NaN_are_left_out()
    {
        var scene = new PruningScene();
        scene.Completed(1, 2);
        scene.Completed(1, double.NaN);

        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(double.NaN)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(2)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(2.1)), Is.EqualTo(PruningVerdict.Prune));
    }

    /// <summary>Warm-up 2, interval 3: 2, 5 and 8 begin intervals, and the first report in each is judged.</summary>
    [Test]
    public void Trials_are_judged_at_the_first_report_of_each_interval_after_the_warm_up()
    {
        var scene = new PruningScene();
        scene.Completed(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        var pruner = new MedianPruner { StartupTrials = 1, WarmupSteps = 2, IntervalSteps = 3 };

        PruningVerdict Last(params int[] steps) => scene.Judge(pruner, scene.RunningAt([.. steps.Select(static step => (step, 9.0))]));
        Assert.That(Last(0, 1), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Last(1, 2), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(Last(2, 3), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Last(2, 6), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(Last(2, 6, 7), Is.EqualTo(PruningVerdict.Continue));
    }

    /// <summary>numpy.percentile([1, inf], 50) = inf, of [-inf, -inf, 1] -inf, of [1, 2, inf] 2; of [-inf, 1] whatever lies a finite share above -inf.</summary>
    [TestCase(new[] { 1, double.PositiveInfinity }, 1e300, PruningVerdict.Continue)]
    [TestCase(new[] { double.PositiveInfinity, double.PositiveInfinity, 1 }, 1e300, PruningVerdict.Continue)]
    [TestCase(new[] { double.NegativeInfinity, double.NegativeInfinity, 1 }, -1e300, PruningVerdict.Prune)]
    [TestCase(new[] { double.NegativeInfinity, 1 }, -1e300, PruningVerdict.Prune)]
    [TestCase(new[] { 1, 2, double.PositiveInfinity }, 2.1, PruningVerdict.Prune)]
    [TestCase(new[] { 1, 2, double.PositiveInfinity }, 2, PruningVerdict.Continue)]
    public void Infinite_reports_have_their_place_like_others(double[] completed, double own, PruningVerdict expected)
    {
        var scene = new PruningScene();
        foreach (double value in completed)
        {
            scene.Completed(1, value);
        }

        Assert.That(scene.Judge(new MedianPruner { StartupTrials = 1 }, scene.Running(own)), Is.EqualTo(expected));
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new PercentilePruner(101), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new PercentilePruner(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MedianPruner { StartupTrials = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MedianPruner { IntervalSteps = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MedianPruner { MinimumTrials = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MedianPruner { WarmupSteps = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
