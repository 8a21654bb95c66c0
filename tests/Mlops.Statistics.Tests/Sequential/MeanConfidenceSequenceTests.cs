namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class MeanConfidenceSequenceTests
{
    private static readonly Dictionary<string, (double Mean, Func<double, double> FromUniform)> Laws = new()
    {
        ["rare"] = (0.02, static u => u < 0.02 ? 1 : 0),
        ["half"] = (0.5, static u => u < 0.5 ? 1 : 0),
        ["uniform"] = (0.5, static u => u),
        ["skewed"] = (0.2, static u => u * u * u * u),
        ["constant"] = (0.7, static _ => 0.7),
    };

    private static IEnumerable<string> Names => Laws.Keys;

    [Test]
    public void The_mean_is_inside_at_every_look([ValueSource(nameof(Names))] string law)
    {
        const int Streams = 400, Looks = 3_000;
        (double mean, Func<double, double> draw) = Laws[law];
        int missed = 0;
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream);
            MeanConfidenceSequence sequence = new();
            for (int i = 0; i < Looks; i++)
                sequence.Add(draw(random.NextDouble()));

            // The ends never move outwards, so the last look tells of all.
            missed += sequence.Lower <= mean && mean <= sequence.Upper ? 0 : 1;
        }

        Assert.That(missed, Is.LessThanOrEqualTo(TestData.UpperLimit(Streams, 0.05)));
    }

    [Test]
    public void It_narrows_with_the_variance_and_the_count()
    {
        Assert.That(Width("half", 100_000), Is.LessThan(0.02));
        Assert.That(Width("rare", 100_000), Is.LessThan(0.4 * Width("half", 100_000)), "a standard deviation of 0.14 against 0.5");
        Assert.That(Width("constant", 10_000), Is.LessThan(0.01));
        Assert.That(Width("uniform", 100_000), Is.LessThan(0.2 * Width("uniform", 1_000)));

        double Width(string law, int count)
        {
            SplitMix64 random = new(5);
            MeanConfidenceSequence sequence = new();
            for (int i = 0; i < count; i++)
                sequence.Add(Laws[law].FromUniform(random.NextDouble()));
            return sequence.Upper - sequence.Lower;
        }
    }

    [Test]
    public void A_scaled_stream_has_the_scaled_interval()
    {
        SplitMix64 random = new(1);
        MeanConfidenceSequence plain = new(), scaled = new(-10, 30);
        for (int i = 0; i < 2_000; i++)
        {
            double x = random.NextDouble();
            plain.Add(x);
            scaled.Add(-10 + (40 * x));
        }

        Assert.That(scaled.Lower, Is.EqualTo(-10 + (40 * plain.Lower)).Within(1e-9));
        Assert.That(scaled.Upper, Is.EqualTo(-10 + (40 * plain.Upper)).Within(1e-9));
    }

    [Test]
    public void A_mean_that_moved_empties_it_and_a_shift_against_a_finite_reference_is_found()
    {
        SplitMix64 random = new(2);
        MeanConfidenceSequence reference = new(alpha: 0.025), current = new(alpha: 0.025), moving = new();
        for (int i = 0; i < 2_000; i++)
            reference.Add(random.NextDouble());
        int found = 0;
        for (int i = 0; i < 20_000; i++)
        {
            double x = random.NextDouble();
            moving.Add(i < 10_000 ? 0.5 * x : 0.5 + (0.5 * x));
            current.Add(double.Min(1, x + 0.15));
            if (found == 0 && MeanConfidenceSequence.Difference(reference, current).Lower > 0)
                found = i + 1;
        }

        Assert.That(moving.IsEmpty, Is.True);
        Assert.That(found, Is.InRange(1, 2_000));
        Assert.That(reference.IsEmpty || current.IsEmpty, Is.False);
    }

    [Test]
    public void Values_outside_the_limits_are_clipped_and_NaN_skipped_and_both_counted()
    {
        MeanConfidenceSequence sequence = new();
        sequence.Add(2);
        sequence.Add(double.NegativeInfinity);
        sequence.Add(double.NaN);
        Assert.That((sequence.Count, sequence.ClippedCount, sequence.NaNCount), Is.EqualTo((2L, 2L, 1L)));
        Assert.That((sequence.Lower, sequence.Upper), Is.EqualTo((0.0, 1.0)));
    }

    [Test]
    public void A_restored_sequence_goes_on_exactly()
    {
        SplitMix64 random = new(3);
        MeanConfidenceSequence whole = new(0, 2), second = new(0, 2);
        for (int i = 0; i < 100; i++)
            whole.Add(random.NextDouble());
        second.RestoreState(whole.SaveState());
        for (int i = 0; i < 100; i++)
        {
            double x = 3 * random.NextDouble();
            whole.Add(x);
            second.Add(x);
        }

        Assert.That(second.SaveState(), Is.EqualTo(whole.SaveState()));
        Assert.That((second.Lower, second.Upper), Is.EqualTo((whole.Lower, whole.Upper)));
    }

    [Test]
    public void A_damaged_or_foreign_state_is_refused_and_changes_nothing()
    {
        MeanConfidenceSequence sequence = new();
        sequence.Add(0.5);
        byte[] before = sequence.SaveState();
        Assert.That(() => sequence.RestoreState(before.AsSpan(..^1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => sequence.RestoreState(new Cusum(0, 1).SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(() => sequence.RestoreState(new MeanConfidenceSequence(0, 2).SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(sequence.SaveState(), Is.EqualTo(before));
    }

    [TestCase(double.NaN, 1, 0.05)]
    [TestCase(1, 1, 0.05)]
    [TestCase(0, double.PositiveInfinity, 0.05)]
    [TestCase(0, 1, 0)]
    [TestCase(0, 1, 1)]
    public void Impossible_settings_are_refused(double low, double high, double alpha) =>
        Assert.That(() => new MeanConfidenceSequence(low, high, alpha), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
