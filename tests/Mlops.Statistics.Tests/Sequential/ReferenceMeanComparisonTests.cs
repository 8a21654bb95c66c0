namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ReferenceMeanComparisonTests
{
    private const int ReferenceRows = 2_000;
    private const double Alpha = 0.05, Limit = 4;

    [TestCase(40, 2_000)]
    public void Equal_means_are_called_different_with_probability_alpha_at_most(int streams, int looks)
    {
        ulong start = (ulong)streams * 1_000_000;
        int alarms = 0;
        for (int stream = 0; stream < streams; stream++)
        {
            SplitMix64 random = new(start + (ulong)stream);
            ReferenceMeanComparison comparison = Against(ref random);

            // A verdict stands for ever, so the last look tells of all.
            for (int i = 0; i < looks; i++)
                comparison.Add(random.NextNormal());
            alarms += comparison.IsDifferent ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{alarms} false alarms of {streams} streams of {looks} looks");
        Assert.That(alarms, Is.LessThanOrEqualTo((streams * Alpha) + (3 * Math.Sqrt(streams * Alpha * (1 - Alpha)))));
    }

    [TestCase(40)]
    public void A_fifth_of_a_deviation_is_found_within_two_thousand_rows(int streams)
    {
        ulong start = (ulong)streams * 7_000_000;
        List<int> delays = [];
        for (int stream = 0; stream < streams; stream++)
        {
            SplitMix64 random = new(start + (ulong)stream);
            ReferenceMeanComparison comparison = Against(ref random);
            for (int i = 1; i <= 2_000 && !comparison.IsDifferent; i++)
            {
                comparison.Add(random.NextNormal() + 0.2);
                if (comparison.IsDifferent)
                    delays.Add(i);
            }
        }

        delays.Sort();
        TestContext.Out.WriteLine($"{delays.Count} of {streams} found, half of them within {delays[delays.Count / 2]}");
        Assert.That(delays, Has.Count.GreaterThanOrEqualTo(0.95 * streams));
    }

    [Test]
    [Explicit("Draws two hundred million values")]
    [Category("Long")]
    public void Two_thousand_streams_of_a_hundred_thousand_looks_keep_alpha() =>
        Equal_means_are_called_different_with_probability_alpha_at_most(2_000, 100_000);

    [Test]
    [Explicit("Draws millions of values")]
    [Category("Long")]
    public void In_two_thousand_streams_a_fifth_of_a_deviation_is_found_within_two_thousand_rows() =>
        A_fifth_of_a_deviation_is_found_within_two_thousand_rows(2_000);

    [Test]
    public void The_error_of_a_small_reference_stays_in_the_bound()
    {
        SplitMix64 random = new(5);
        ReferenceMeanComparison comparison = new([0.4, 0.6, 0.5, 0.55, 0.45]);
        for (int i = 0; i < 20_000; i++)
            comparison.Add(0.8 * random.NextDouble());

        Assert.That(comparison.IsDifferent, Is.False, "five values cannot tell 0.4 from 0.5");
        Assert.That(comparison.Upper - comparison.Lower, Is.GreaterThan(comparison.ReferenceUpper - comparison.ReferenceLower));
    }

    [Test]
    public void The_interval_is_that_of_the_difference_and_the_verdict_falls_when_it_leaves_zero()
    {
        SplitMix64 random = new(9);
        ReferenceMeanComparison comparison = Against(ref random);
        BettingConfidenceSequence stream = new(-Limit, Limit, Alpha - comparison.Delta, 2_000, ReferenceRows);
        for (int i = 0; i < 2_000; i++)
        {
            double x = random.NextNormal() - 0.4;
            comparison.Add(x);
            stream.Add(x);
            Assert.That((comparison.Lower, comparison.Upper), Is.EqualTo((stream.Lower - comparison.ReferenceUpper, stream.Upper - comparison.ReferenceLower)));
            Assert.That(comparison.IsDifferent, Is.EqualTo(comparison.Upper < 0 || comparison.Lower > 0));
        }

        Assert.That((comparison.IsDifferent, comparison.Upper < 0, comparison.Lower < -0.4), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void A_share_of_alpha_moved_to_the_reference_narrows_its_interval()
    {
        SplitMix64 random = new(3);
        double[] reference = new double[1_000];
        foreach (ref double x in reference.AsSpan())
            x = random.NextDouble();
        ReferenceMeanComparison half = new(reference), most = new(reference, delta: 0.045);

        Assert.That((half.Alpha, half.Delta, most.Delta), Is.EqualTo((0.05, 0.025, 0.045)));
        Assert.That(most.ReferenceUpper - most.ReferenceLower, Is.LessThan(half.ReferenceUpper - half.ReferenceLower));
    }

    [Test]
    public void Values_outside_the_limits_are_clipped_and_NaN_skipped_and_both_counted()
    {
        ReferenceMeanComparison comparison = new([0.5, double.NaN, 0.2]);
        comparison.Add(2);
        comparison.Add(double.NaN);
        comparison.Add(0.3);
        Assert.That((comparison.ReferenceCount, comparison.Count, comparison.ClippedCount, comparison.NaNCount), Is.EqualTo((2L, 2L, 1L, 1L)));
    }

    [Test]
    public void A_value_costs_no_memory()
    {
        SplitMix64 random = new(3);
        ReferenceMeanComparison comparison = Against(ref random);
        comparison.Add(0.5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            comparison.Add(random.NextNormal());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_restored_comparison_goes_on_exactly()
    {
        double[] reference = [.. Enumerable.Range(0, 50).Select(i => i / 50.0)];
        SplitMix64 random = new(3);
        ReferenceMeanComparison whole = new(reference), second = new(reference);
        for (int i = 0; i < 200; i++)
            whole.Add(random.NextDouble());
        second.Add(1);
        second.RestoreState(whole.SaveState());
        for (int i = 0; i < 200; i++)
        {
            double x = 1.5 * random.NextDouble();
            whole.Add(x);
            second.Add(x);
        }

        Assert.That(second.SaveState(), Is.EqualTo(whole.SaveState()));
        Assert.That((second.Lower, second.Upper), Is.EqualTo((whole.Lower, whole.Upper)));
    }

    [Test]
    public void A_damaged_state_or_one_of_another_reference_is_refused_and_changes_nothing()
    {
        ReferenceMeanComparison comparison = new([.. Enumerable.Repeat(0.5, 100)]);
        comparison.Add(0.5);
        byte[] before = comparison.SaveState();
        Assert.That(() => comparison.RestoreState(before.AsSpan(..^1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => comparison.RestoreState([.. before, 0]), Throws.InstanceOf<FormatException>());
        Assert.That(() => comparison.RestoreState(new BettingConfidenceSequence().SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(
            () => comparison.RestoreState(new ReferenceMeanComparison([.. Enumerable.Repeat(0.4, 100)]).SaveState()),
            Throws.InstanceOf<FormatException>().With.Message.Contains("reference"));
        Assert.That(comparison.SaveState(), Is.EqualTo(before));
    }

    [TestCase(double.NaN, 1, 0.05, 0.025, 1000)]
    [TestCase(1, 1, 0.05, 0.025, 1000)]
    [TestCase(0, 1, 0, 0.025, 1000)]
    [TestCase(0, 1, 1, 0.025, 1000)]
    [TestCase(0, 1, 0.05, 0.05, 1000)]
    [TestCase(0, 1, 0.05, 0, 1000)]
    [TestCase(0, 1, 0.05, 0.025, 1)]
    public void Impossible_settings_are_refused(double low, double high, double alpha, double delta, int candidates) =>
        Assert.That(() => new ReferenceMeanComparison([0.5], low, high, alpha, delta, candidates), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_reference_without_a_number_is_refused() =>
        Assert.That(() => new ReferenceMeanComparison([double.NaN]), Throws.ArgumentException.With.Message.Contains("reference"));

    private static ReferenceMeanComparison Against(ref SplitMix64 random)
    {
        double[] reference = new double[ReferenceRows];
        foreach (ref double x in reference.AsSpan())
            x = random.NextNormal();
        return new ReferenceMeanComparison(reference, -Limit, Limit, Alpha);
    }

    [Test]
    public void A_reference_that_moved_is_refused() =>
        Assert.That(
            () => new ReferenceMeanComparison([.. Enumerable.Repeat(0.2, 2_000), .. Enumerable.Repeat(0.8, 2_000)]),
            Throws.ArgumentException.With.Message.Contains("Shuffle"));

    [Test]
    public void A_stream_that_no_mean_fits_is_different()
    {
        // Five values leave the reference's interval so wide that the stream's can never leave it.
        ReferenceMeanComparison comparison = new([0.1, 0.9, 0.5, 0.2, 0.8]);
        for (int i = 0; i < 4_000; i++)
            comparison.Add(i < 2_000 ? 0 : 1);
        Assert.That(comparison.IsDifferent, Is.True);
    }
}
