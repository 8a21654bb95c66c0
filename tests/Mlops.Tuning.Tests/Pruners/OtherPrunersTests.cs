namespace Mlops.Tuning.Tests;

public sealed class OtherPrunersTests
{
    /// <summary>All 2^5 = 32 sign patterns: 1 + 2 + 4 + 5 = 12 or more is reached by 5 of them; all five positive by 1.</summary>
    [Test]
    public void The_signed_rank_test_counts_sign_patterns()
    {
        Assert.That(SignedRank.LargerP([0.1, 0.2, -0.3, 0.4, 0.5]), Is.EqualTo(5 / 32.0));
        Assert.That(SignedRank.LargerP([5, 4, 3, 2, 1]), Is.EqualTo(1 / 32.0));
        Assert.That(SignedRank.LargerP([-5, -4, -3, -2, -1]), Is.EqualTo(1));
    }

    /// <summary>
    /// Sizes 0, 1, 1, 2, 3 have ranks 1, 2.5, 2.5, 4, 5; above are 0.5 + 2.5 + 4 + 5 = 12 of a mean of 7.5 and a variance of (330 - 3) / 24 = 13.625:
    /// 1 - Phi(4.5 / 3.6912) = 0.1114005.
    /// </summary>
    [Test]
    public void Zeros_and_ties_take_the_normal_approximation() =>
        Assert.That(SignedRank.LargerP([0, 1, -1, 2, 3]), Is.EqualTo(0.11140049559056725).Within(1e-12));

    [TestCase(Direction.Minimize, 1)]
    [TestCase(Direction.Maximize, -1)]
    public void Wilcoxon_prunes_what_is_significantly_worse_than_the_best_on_the_same_instances(Direction direction, double sign)
    {
        var scene = new PruningScene(direction);
        scene.Completed(sign * 5, sign * 9, sign * 9, sign * 9, sign * 9, sign * 9);
        scene.Completed(sign * 1, sign * 1, sign * 2, sign * 3, sign * 4, sign * 5);
        var pruner = new WilcoxonPruner();

        // 1/16 < 0.1 after four instances, 1/8 after three.
        Assert.That(scene.Judge(pruner, scene.Running(sign * 2, sign * 3.1, sign * 4.2)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(pruner, scene.Running(sign * 2, sign * 3.1, sign * 4.2, sign * 5.3)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(new WilcoxonPruner { StartupSteps = 5 }, scene.Running(sign * 2, sign * 3.1, sign * 4.2, sign * 5.3)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new WilcoxonPruner { Threshold = 0.05 }, scene.Running(sign * 2, sign * 3.1, sign * 4.2, sign * 5.3)), Is.EqualTo(PruningVerdict.Continue));
    }

    /// <summary>On the easiest instance alone the mean is better than the best trial's over all, although every instance is worse.</summary>
    [Test]
    public void Wilcoxon_keeps_a_trial_with_a_better_mean_and_one_with_values_that_are_not_finite()
    {
        var scene = new PruningScene();
        scene.Completed(1, 0, 0.1, 0.2, 0.3, 100);

        Assert.That(scene.Judge(new WilcoxonPruner(), scene.Running(1, 1.2, 1.4, 1.6)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new WilcoxonPruner(), scene.Running(100, 100.2, 100.4, double.PositiveInfinity)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(new WilcoxonPruner(), scene.Running(100, 100.2, 100.4, 100.6)), Is.EqualTo(PruningVerdict.Prune));
    }

    [Test]
    public void Thresholds_prune_NaN_and_what_lies_outside()
    {
        var scene = new PruningScene();
        var pruner = new ThresholdPruner(lower: 0, upper: 10) { WarmupSteps = 1 };

        Assert.That(scene.Judge(pruner, scene.Running(11)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(pruner, scene.Running(1, 10)), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(scene.Judge(pruner, scene.Running(1, 10.1)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(pruner, scene.Running(1, -0.1)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(pruner, scene.Running(1, double.NaN)), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(scene.Judge(new ThresholdPruner(upper: 10), scene.Running(double.NegativeInfinity)), Is.EqualTo(PruningVerdict.Continue));
    }

    [TestCase(Direction.Minimize, 1)]
    [TestCase(Direction.Maximize, -1)]
    public void Patience_runs_out_after_so_many_reports_without_a_gain(Direction direction, double sign)
    {
        var scene = new PruningScene(direction);
        var pruner = new PatientPruner(wrapped: null, patience: 2);

        PruningVerdict Of(IPruner judge, params double[] reports) => scene.Judge(judge, scene.Running(Array.ConvertAll(reports, report => sign * report)));
        Assert.That(Of(pruner, 5, 6, 6), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Of(pruner, 5, 6, 6, 6), Is.EqualTo(PruningVerdict.Prune));
        Assert.That(Of(pruner, 5, 6, 5, 6), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Of(pruner, double.NaN, 6, 6, 6), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Of(new PatientPruner(null, 2, minimumGain: 1), 5, 6, 6, 6), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Of(new PatientPruner(new ThresholdPruner(lower: -99, upper: 99), 2), 5, 6, 6, 6), Is.EqualTo(PruningVerdict.Continue));
        Assert.That(Of(new PatientPruner(new ThresholdPruner(lower: -5.5, upper: 5.5), 2), 5, 6, 6, 6), Is.EqualTo(PruningVerdict.Prune));
    }

    [Test]
    public void Reports_are_kept_by_step_each_once()
    {
        var trial = new ReportedTrial(0);
        foreach ((int step, double value) in new[] { (3, 3.0), (1, 1.0), (7, 7.0), (3, 4.0), (5, 5.0) })
        {
            trial.Add(new TrialReport(step, value));
        }

        Assert.That(trial.Reports, Is.EqualTo(new TrialReport[] { new(1, 1), new(3, 4), new(5, 5), new(7, 7) }));
        Assert.That((trial.ValueAt(3), trial.ValueAt(4)), Is.EqualTo(((double?)4, (double?)null)));
        Assert.That((trial.FirstFrom(4)?.Step, trial.FirstFrom(5)?.Step, trial.FirstFrom(8)?.Step), Is.EqualTo(((int?)5, (int?)5, (int?)null)));
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new ThresholdPruner(), Throws.ArgumentException);
        Assert.That(() => new ThresholdPruner(2, 1), Throws.ArgumentException);
        Assert.That(() => new ThresholdPruner(double.NaN), Throws.ArgumentException);
        Assert.That(() => new PatientPruner(null, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new PatientPruner(null, 1, double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new WilcoxonPruner { Threshold = 1.1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new WilcoxonPruner { StartupSteps = -1 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
