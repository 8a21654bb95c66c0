using Mlops.Statistics;

namespace Mlops.Drift.Tests;

/// <summary>Gaps between groups that may be looked at all the time.</summary>
[TestFixture]
internal sealed class GroupGapTests
{
    [Test]
    public void Equal_groups_are_hardly_ever_called_unequal_however_often_one_looks()
    {
        const int Runs = 150;
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            Random random = new(run);
            GroupGaps gaps = new(new() { GapFloor = 0, MaximumGroups = 4 });
            bool called = false;
            for (int i = 0; i < 1_200; i++)
            {
                string group = $"g{random.Next(4)}";
                double score = random.NextDouble();
                gaps.ObservePrediction(group, score);
                gaps.ObserveOutcome(group, score, random.NextDouble() < score ? 1 : 0);
                if (i % 25 == 0)
                    called |= gaps.Measure(GroupRateKind.Selection).IsProven;
            }

            alarms += called ? 1 : 0;
        }

        Assert.That(alarms, Is.LessThanOrEqualTo(CalibrationTests.BinomialQuantile(Runs, 0.05, 0.999)));
    }

    [Test]
    public void A_gap_is_found_and_its_interval_holds_it([Values] GroupRateKind kind)
    {
        Random random = new(3);
        GroupGaps gaps = new();
        for (int i = 0; i < 20_000; i++)
        {
            bool isA = random.Next(3) > 0, happened = random.Next(2) == 0;

            // Group b is announced less often whether it happens or not, and what is announced of it happens less often.
            double prediction = random.NextDouble() < (happened ? (isA ? 0.9 : 0.6) : (isA ? 0.2 : 0.5)) ? 0.8 : 0.3;
            gaps.ObservePrediction(isA ? "a" : "b", kind == GroupRateKind.Selection && !isA ? 0.3 : prediction);
            gaps.ObserveOutcome(isA ? "a" : "b", prediction, happened ? 1 : 0);
        }

        GroupGap gap = gaps.Measure(kind);
        double truth = kind switch
        {
            GroupRateKind.Selection => 0.55,
            GroupRateKind.TruePositive or GroupRateKind.FalsePositive => 0.3,
            GroupRateKind.Precision => (0.9 / 1.1) - (0.6 / 1.1),
            _ => Error(0.6, 0.5) - Error(0.9, 0.2),
        };
        Assert.That(truth, Is.InRange(gap.Lower, gap.Upper!.Value));
        Assert.That(gap.Value!.Value, Is.EqualTo(truth).Within(0.03));
        Assert.That(gap.IsProven, Is.EqualTo(truth > 0.06));
        Assert.That((gap.Highest, gap.Lowest), Is.EqualTo(kind is GroupRateKind.FalsePositive or GroupRateKind.AbsoluteError ? ("b", "a") : ("a", "b")));
        Assert.That(gap.Groups.Select(static g => g.Group), Is.EquivalentTo(new[] { "a", "b" }));

        static double Error(double hit, double falseAlarm) => 0.5 * ((hit * 0.2) + ((1 - hit) * 0.7) + (falseAlarm * 0.8) + ((1 - falseAlarm) * 0.3));
    }

    [Test]
    public void Small_groups_wait_further_ones_are_left_out_and_so_is_what_is_not_finite()
    {
        GroupGaps gaps = new(new() { MaximumGroups = 2, MinimumGroupSize = 50 });
        for (int i = 0; i < 60; i++)
        {
            gaps.ObservePrediction("a", 1);
            if (i < 49)
                gaps.ObservePrediction("b", 0);
        }

        Assert.That((gaps.Measure(GroupRateKind.Selection).Value, gaps.Measure(GroupRateKind.Precision).Groups[0].Value), Is.EqualTo(((double?)null, (double?)null)));
        gaps.ObservePrediction("b", 0);
        Assert.That(gaps.Measure(GroupRateKind.Selection).Value, Is.EqualTo(1));
        gaps.ObservePrediction("c", 0);
        gaps.ObserveOutcome("c", 0, 1);
        gaps.ObservePrediction("a", double.NaN);
        gaps.ObserveOutcome("a", 1, double.PositiveInfinity);
        Assert.That(gaps.LeftOut, Is.EqualTo(4));
        Assert.Throws<ArgumentException>(() => gaps.ObservePrediction("", 1));
        Assert.Throws<ArgumentNullException>(() => gaps.ObserveOutcome(null!, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => gaps.Measure((GroupRateKind)9));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new GroupGaps(new() { MaximumGroups = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new GroupGaps(new() { MaximumError = 0 }));
    }

    /// <summary>All groups' intervals hold together: each is the sequence at alpha over the groups that may come.</summary>
    [TestCase(2, 0.05), TestCase(20, 0.05), TestCase(5, 0.2)]
    public void Each_interval_is_at_its_share_of_alpha(int groups, double alpha)
    {
        GroupGaps gaps = new(new() { MaximumGroups = groups, Alpha = alpha });
        MeanConfidenceSequence own = new(0, 1, alpha / groups), whole = new(0, 1, alpha);
        Random random = new(5);
        for (int i = 0; i < 500; i++)
        {
            double score = random.NextDouble(), announced = score >= 0.5 ? 1 : 0;
            gaps.ObservePrediction("a", score);
            own.Add(announced);
            whole.Add(announced);
        }

        GroupRate rate = gaps.Measure(GroupRateKind.Selection).Groups.Single();
        Assert.That((rate.Lower, rate.Upper), Is.EqualTo((own.Lower, own.Upper)));
        Assert.That(rate.Upper - rate.Lower, Is.GreaterThan(whole.Upper - whole.Lower));
    }

    /// <summary>Errors of 3 and 6 of at most 10; then an error of 40 counts as 10. The floor is a share of the most.</summary>
    [Test]
    public void The_largest_error_bounds_errors_scales_their_interval_and_the_floor()
    {
        GroupGaps gaps = new(new() { MaximumError = 10, GapFloor = 0.31 }), low = new(new() { MaximumError = 10, GapFloor = 0.29 });
        MeanConfidenceSequence own = new(0, 10, 0.05 / 20);
        for (int i = 0; i < 20_000; i++)
        {
            foreach (GroupGaps each in new[] { gaps, low })
            {
                each.ObserveOutcome("a", 20, 17);
                each.ObserveOutcome("b", 20, 26);
            }

            own.Add(3);
        }

        GroupGap gap = gaps.Measure(GroupRateKind.AbsoluteError), lower = low.Measure(GroupRateKind.AbsoluteError);
        Assert.That((gap.Groups[0].Lower, gap.Groups[0].Upper), Is.EqualTo((own.Lower, own.Upper)));
        Assert.That(gap.Value, Is.EqualTo(3).Within(1e-9));
        Assert.That(gap.Lower, Is.EqualTo(lower.Lower).And.InRange(2.91, 3.09), "beyond 0.29 of 10 and within 0.31 of 10");
        Assert.That((gap.IsProven, lower.IsProven), Is.EqualTo((false, true)));
        GroupGaps wild = new(new() { MaximumError = 10 });
        wild.ObserveOutcome("a", 0, 40);
        Assert.That(wild.Measure(GroupRateKind.AbsoluteError).Groups[0].Value, Is.EqualTo(10));
    }

    [Test]
    public void A_group_whose_rate_has_moved_says_so_and_takes_no_part()
    {
        GroupGaps gaps = new();
        for (int i = 0; i < 4_000; i++)
        {
            gaps.ObservePrediction("steady", i % 2);
            gaps.ObservePrediction("moved", i < 2_000 ? 0 : 1);
        }

        GroupGap gap = gaps.Measure(GroupRateKind.Selection);
        Assert.That(gap.Groups.Single(static g => g.Group == "moved").HasMoved, Is.True);
        Assert.That((gap.Value, gap.IsProven), Is.EqualTo(((double?)null, false)));
    }

    [Test]
    public void A_saved_state_goes_on_exactly_and_a_damaged_one_changes_nothing()
    {
        Random random = new(8);
        GroupGaps whole = new(), part = new();
        for (int i = 0; i < 2_000; i++)
        {
            if (i % 300 == 299)
            {
                GroupGaps restored = new();
                restored.ObservePrediction("other", 1);
                restored.RestoreState(part.SaveState());
                part = restored;
            }

            string group = $"g{random.Next(3)}";
            double score = random.NextDouble(), actual = random.Next(2);
            foreach (GroupGaps gaps in new[] { whole, part })
            {
                gaps.ObservePrediction(group, score);
                gaps.ObserveOutcome(group, score, actual);
            }
        }

        byte[] state = whole.SaveState();
        Assert.That(part.SaveState(), Is.EqualTo(state));
        byte[] newer = [.. state];
        newer[4] = 9;
        Assert.That(() => part.RestoreState(newer), Throws.TypeOf<DriftFormatException>().With.Message.Contains("version 9"));
        Assert.Throws<DriftFormatException>(() => part.RestoreState(state.AsSpan(0, state.Length - 3)));
        Assert.Throws<DriftFormatException>(() => part.RestoreState([.. state, 0]));
        Assert.Throws<DriftFormatException>(() => part.RestoreState([]));
        Assert.Throws<DriftFormatException>(() => new GroupGaps(new() { Alpha = 0.01 }).RestoreState(state));
        Assert.That(part.SaveState(), Is.EqualTo(state));
    }

    [Test]
    public void Many_threads_may_observe()
    {
        GroupGaps gaps = new(new() { MinimumGroupSize = 1 });
        Parallel.For(0, 8_000, i => gaps.ObservePrediction(i % 2 == 0 ? "a" : "b", i % 4 < 2 ? 1 : 0));
        Assert.That(gaps.Measure(GroupRateKind.Selection).Groups.Select(static g => (g.Count, g.Value)), Is.All.EqualTo((4_000L, (double?)0.5)));
    }
}
