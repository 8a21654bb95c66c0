namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class BettingConfidenceSequenceTests
{
    private static readonly Dictionary<string, (double Mean, Func<double, double> FromUniform)> Laws = new()
    {
        ["rare"] = (0.02, static u => u < 0.02 ? 1 : 0),
        ["half"] = (0.5, static u => u < 0.5 ? 1 : 0),
        ["uniform"] = (0.5, static u => u),
        ["skewed"] = (0.2, static u => u * u * u * u),
        ["constant"] = (0.70049, static _ => 0.70049),
    };

    private static IEnumerable<string> Names => Laws.Keys;

    [Test]
    public void The_mean_is_inside_at_every_look([ValueSource(nameof(Names))] string law, [Values(0, 300)] int expectedCount)
    {
        const int Streams = 200, Looks = 1_000;
        (double mean, Func<double, double> draw) = Laws[law];
        int missed = 0;
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream);
            BettingConfidenceSequence sequence = new(candidates: 100, expectedCount: expectedCount);
            for (int i = 0; i < Looks; i++)
                sequence.Add(draw(random.NextDouble()));

            // The ends never move outwards, so the last look tells of all.
            missed += sequence.Lower <= mean && mean <= sequence.Upper ? 0 : 1;
        }

        TestContext.Out.WriteLine($"{law}: {missed} of {Streams} missed");
        Assert.That(missed, Is.LessThanOrEqualTo(TestData.UpperLimit(Streams, 0.05)));
    }

    [Test]
    public void At_every_look_it_is_what_the_wealth_of_both_gamblers_excludes([Values(0, 50)] int expectedCount)
    {
        const int Candidates = 40;
        SplitMix64 random = new(8);
        BettingConfidenceSequence sequence = new(candidates: Candidates, expectedCount: expectedCount);
        List<double> values = [];
        int below = 0, above = Candidates;
        for (int n = 1; n <= 200; n++)
        {
            values.Add(random.NextDouble() < 0.3 ? 1 : random.NextDouble());
            sequence.Add(values[^1]);
            for (int i = 0; i <= Candidates; i++)
            {
                (double rise, double fall) = LogWealth(values, i / (double)Candidates, expectedCount);
                below = rise >= Math.Log(2 / 0.05) ? int.Max(below, i) : below;
                above = fall >= Math.Log(2 / 0.05) ? int.Min(above, i) : above;
            }

            Assert.That((sequence.Lower, sequence.Upper), Is.EqualTo((below / (double)Candidates, above / (double)Candidates)), $"after {n}");
        }

        Assert.That(below, Is.GreaterThan(0));
        Assert.That(above, Is.LessThan(Candidates));
    }

    [Test]
    public void A_finer_grid_lies_inside_a_coarser_one_that_it_refines()
    {
        SplitMix64 random = new(6);
        BettingConfidenceSequence coarse = new(candidates: 50), fine = new(candidates: 1_000);
        for (int i = 0; i < 3_000; i++)
        {
            double x = random.NextDouble();
            coarse.Add(x);
            fine.Add(x);
            Assert.That((fine.Lower >= coarse.Lower, fine.Upper <= coarse.Upper), Is.EqualTo((true, true)), $"after {i + 1}");
            Assert.That((fine.Lower < coarse.Lower + coarse.Resolution, fine.Upper > coarse.Upper - coarse.Resolution), Is.EqualTo((true, true)), $"after {i + 1}");
        }
    }

    [Test]
    public void It_is_narrower_than_empirical_Bernstein_on_the_first_hundred_values([ValueSource(nameof(Names))] string law) =>
        Assert.That(ShareOfBernstein(law, 100, 0), Is.LessThan(0.95));

    [Test]
    public void It_is_narrower_than_empirical_Bernstein_at_the_expected_count([ValueSource(nameof(Names))] string law, [Values(100, 1_000, 20_000)] int count) =>
        Assert.That(ShareOfBernstein(law, count, count), Is.LessThan(0.95));

    [Test]
    public void A_mean_that_moved_empties_it_at_any_resolution([Values(4, 1_000)] int candidates)
    {
        SplitMix64 random = new(2);
        BettingConfidenceSequence moving = new(candidates: candidates);
        for (int i = 0; i < 12_000; i++)
        {
            double x = random.NextDouble();
            moving.Add(i < 2_000 ? 0.4 * x : 0.6 + (0.4 * x));
            if (i == 1_999)
                Assert.That(moving.IsEmpty, Is.False);
        }

        Assert.That(moving.IsEmpty, Is.True);
    }

    [Test]
    public void A_shift_against_a_finite_reference_is_found()
    {
        SplitMix64 random = new(2);
        BettingConfidenceSequence reference = new(alpha: 0.025), current = new(alpha: 0.025);
        for (int i = 0; i < 2_000; i++)
            reference.Add(random.NextDouble());
        int found = 0;
        for (int i = 1; i <= 2_000 && found == 0; i++)
        {
            current.Add(double.Min(1, random.NextDouble() + 0.15));
            (double lower, double upper) = BettingConfidenceSequence.Difference(reference, current);
            Assert.That(lower, Is.LessThan(upper));
            found = lower > 0 ? i : 0;
        }

        Assert.That(found, Is.GreaterThan(1));
    }

    [Test]
    public void A_scaled_stream_has_the_scaled_interval()
    {
        SplitMix64 random = new(1);
        BettingConfidenceSequence plain = new(), scaled = new(-10, 30);
        for (int i = 0; i < 2_000; i++)
        {
            double x = random.NextDouble();
            plain.Add(x);
            scaled.Add(-10 + (40 * x));
        }

        Assert.That(scaled.Lower, Is.EqualTo(-10 + (40 * plain.Lower)).Within(1e-9));
        Assert.That(scaled.Upper, Is.EqualTo(-10 + (40 * plain.Upper)).Within(1e-9));
        Assert.That(scaled.Resolution, Is.EqualTo(0.04).Within(1e-12));
    }

    [Test]
    public void Values_outside_the_limits_are_clipped_and_NaN_skipped_and_both_counted()
    {
        BettingConfidenceSequence sequence = new();
        sequence.Add(2);
        sequence.Add(double.NegativeInfinity);
        sequence.Add(double.NaN);
        Assert.That((sequence.Count, sequence.ClippedCount, sequence.NaNCount), Is.EqualTo((2L, 2L, 1L)));
        Assert.That((sequence.Lower, sequence.Upper), Is.EqualTo((0.0, 1.0)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Values_at_a_limit_alone_keep_that_end(double value)
    {
        BettingConfidenceSequence sequence = new();
        for (int i = 0; i < 20_000; i++)
            sequence.Add(value);
        Assert.That(sequence.Upper - sequence.Lower, Is.LessThan(0.005));
        Assert.That((sequence.Lower <= value, sequence.Upper >= value, sequence.IsEmpty), Is.EqualTo((true, true, false)));
    }

    [Test]
    public void A_value_costs_no_memory()
    {
        SplitMix64 random = new(3);
        BettingConfidenceSequence sequence = new();
        sequence.Add(0.5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            sequence.Add(random.NextDouble());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_restored_sequence_goes_on_exactly()
    {
        SplitMix64 random = new(3);
        BettingConfidenceSequence whole = new(0, 2), second = new(0, 2);
        for (int i = 0; i < 300; i++)
            whole.Add(random.NextDouble());
        second.Add(2);
        second.RestoreState(whole.SaveState());
        for (int i = 0; i < 300; i++)
        {
            double x = 3 * random.NextDouble();
            whole.Add(x);
            second.Add(x);
        }

        Assert.That(second.SaveState(), Is.EqualTo(whole.SaveState()));
        Assert.That((second.Lower, second.Upper, second.IsEmpty), Is.EqualTo((whole.Lower, whole.Upper, whole.IsEmpty)));
    }

    [Test]
    public void A_damaged_or_foreign_state_is_refused_and_changes_nothing()
    {
        BettingConfidenceSequence sequence = new();
        sequence.Add(0.5);
        byte[] before = sequence.SaveState();
        Assert.That(() => sequence.RestoreState(before.AsSpan(..^1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => sequence.RestoreState(new MeanConfidenceSequence().SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(() => sequence.RestoreState(new BettingConfidenceSequence(0, 2).SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(() => sequence.RestoreState(new BettingConfidenceSequence(candidates: 500).SaveState()), Throws.InstanceOf<FormatException>().With.Message.Contains("candidates"));
        Assert.That(sequence.SaveState(), Is.EqualTo(before));
    }

    [TestCase(double.NaN, 1, 0.05, 1000, 0)]
    [TestCase(1, 1, 0.05, 1000, 0)]
    [TestCase(0, double.PositiveInfinity, 0.05, 1000, 0)]
    [TestCase(0, 1, 0, 1000, 0)]
    [TestCase(0, 1, 1, 1000, 0)]
    [TestCase(0, 1, 0.05, 1, 0)]
    [TestCase(0, 1, 0.05, 1_000_001, 0)]
    [TestCase(0, 1, 0.05, 1000, -1)]
    public void Impossible_settings_are_refused(double low, double high, double alpha, int candidates, long expectedCount) =>
        Assert.That(() => new BettingConfidenceSequence(low, high, alpha, candidates, expectedCount), Throws.InstanceOf<ArgumentOutOfRangeException>());

    /// <summary>Its width over that of <see cref="MeanConfidenceSequence"/> on the same values.</summary>
    private static double ShareOfBernstein(string law, int count, long expectedCount)
    {
        SplitMix64 random = new(5);
        BettingConfidenceSequence betting = new(candidates: 10_000, expectedCount: expectedCount);
        MeanConfidenceSequence bernstein = new();
        for (int i = 0; i < count; i++)
        {
            double x = Laws[law].FromUniform(random.NextDouble());
            betting.Add(x);
            bernstein.Add(x);
        }

        double share = (betting.Upper - betting.Lower) / (bernstein.Upper - bernstein.Lower);
        TestContext.Out.WriteLine($"{law}, {count} values: {share:F3} of the width");
        return share;
    }

    /// <summary>Both logarithms from the definition, every value anew.</summary>
    private static (double Rise, double Fall) LogWealth(List<double> values, double mean, int expectedCount)
    {
        double rise = 0, fall = 0, sum = 0, squares = 0;
        for (int t = 1; t <= values.Count; t++)
        {
            double variance = (0.25 + squares) / t, x = values[t - 1];
            double horizon = expectedCount == 0 ? t * Math.Log(1 + t) : t <= expectedCount ? expectedCount : t * Math.Log2(1 + ((double)t / expectedCount));
            double bet = Math.Sqrt(2 * Math.Log(2 / 0.05) / (variance * horizon));
            rise += Math.Log(1 + (double.Min(bet, 0.5 / mean) * (x - mean)));
            fall += Math.Log(1 - (double.Min(bet, 0.5 / (1 - mean)) * (x - mean)));
            sum += x;
            double gap = x - ((0.5 + sum) / (t + 1));
            squares += gap * gap;
        }

        return (rise, fall);
    }
}
