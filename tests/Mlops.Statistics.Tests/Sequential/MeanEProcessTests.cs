namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class MeanEProcessTests
{
    private static readonly Dictionary<string, (double Mean, Func<double, double> FromUniform)> Laws = new()
    {
        ["rare"] = (0.02, static u => u < 0.02 ? 1 : 0),
        ["half"] = (0.5, static u => u < 0.5 ? 1 : 0),
        ["uniform"] = (0.5, static u => u),
        ["skewed"] = (0.2, static u => u * u * u * u),
    };

    private static IEnumerable<string> Names => Laws.Keys;

    [Test]
    public void Under_the_null_it_ever_reaches_the_reciprocal_of_alpha_with_probability_alpha_at_most(
        [ValueSource(nameof(Names))] string law, [Values] ChangeDirection direction)
    {
        const int Streams = 600, Looks = 400;
        const double Alpha = 0.1;
        (double mean, Func<double, double> draw) = Laws[law];
        int reached = 0;
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream + 1_000);
            MeanEProcess process = new(mean, direction: direction);
            for (int i = 0; i < Looks; i++)
                process.Add(draw(random.NextDouble()));
            reached += process.Reject(Alpha) ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{law}, {direction}: {reached} of {Streams}");
        Assert.That(reached, Is.LessThanOrEqualTo((Streams * Alpha) + (3 * Math.Sqrt(Streams * Alpha * (1 - Alpha)))));
    }

    [Test]
    public void It_is_the_product_of_the_bets([Values] ChangeDirection direction)
    {
        SplitMix64 random = new(4);
        MeanEProcess process = new(0.4, direction: direction);
        List<double> values = [];
        for (int n = 1; n <= 80; n++)
        {
            values.Add(random.NextDouble() < 0.1 ? 1 : random.NextDouble());
            process.Add(values[^1]);
            Assert.That(process.EValue, Is.EqualTo(Product(values, 0.4, direction)).Within(1e-11).Percent, $"after {n}");
        }
    }

    [TestCase(0.55, ChangeDirection.Up), TestCase(0.55, ChangeDirection.Both), TestCase(0.45, ChangeDirection.Down), TestCase(0.45, ChangeDirection.Both)]
    public void A_mean_beyond_the_null_is_found(double rate, ChangeDirection direction)
    {
        const int Streams = 100;
        int found = 0;
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream);
            MeanEProcess process = new(0.5, direction: direction);

            // At a shift of a tenth of a deviation the evidence grows by 0.005 a value.
            for (int i = 0; i < 3_000; i++)
                process.Add(random.NextDouble() < rate ? 1 : 0);
            found += process.Reject(0.05) ? 1 : 0;
        }

        Assert.That(found, Is.GreaterThanOrEqualTo(95));
    }

    [Test]
    public void A_mean_on_the_allowed_side_loses_money()
    {
        SplitMix64 random = new(1);
        MeanEProcess up = new(0.5, direction: ChangeDirection.Up), down = new(0.5, direction: ChangeDirection.Down);
        for (int i = 0; i < 2_000; i++)
        {
            double x = random.NextDouble();
            up.Add(0.9 * x);
            down.Add(1 - (0.9 * x));
        }

        Assert.That((up.EValue <= 1, down.EValue <= 1, up.Reject(0.5), down.Reject(0.5)), Is.EqualTo((true, true, false, false)));
    }

    [Test]
    public void What_was_reached_once_stays_rejected()
    {
        MeanEProcess process = new(0.5, direction: ChangeDirection.Up);
        for (int i = 0; i < 40; i++)
            process.Add(0.9);
        Assert.That(process.Reject(0.001), Is.True);
        double pValue = process.PValue;
        for (int i = 0; i < 60; i++)
            process.Add(0.1);
        Assert.That(process.EValue, Is.LessThan(1));
        Assert.That((process.Reject(0.001), process.PValue), Is.EqualTo((true, pValue)));
    }

    [Test]
    public void Its_logarithm_goes_on_where_it_overflows()
    {
        MeanEProcess process = new(0.5);
        for (int i = 0; i < 5_000; i++)
            process.Add(0.9);
        Assert.That(process.EValue, Is.EqualTo(double.PositiveInfinity));
        Assert.That(process.LogEValue, Is.InRange(1_000, 5_000));
        Assert.That(process.PValue, Is.Zero);
    }

    [Test]
    public void Before_the_first_value_there_is_no_evidence()
    {
        MeanEProcess process = new(0.5);
        Assert.That((process.EValue, process.LogEValue, process.PValue, process.Reject(0.99)), Is.EqualTo((1.0, 0.0, 1.0, false)));
    }

    [Test]
    public void A_scaled_stream_has_the_same_evidence()
    {
        SplitMix64 random = new(1);
        MeanEProcess plain = new(0.4), scaled = new(-10 + (40 * 0.4), -10, 30);
        for (int i = 0; i < 500; i++)
        {
            double x = random.NextDouble();
            plain.Add(x);
            scaled.Add(-10 + (40 * x));
        }

        Assert.That(scaled.LogEValue, Is.EqualTo(plain.LogEValue).Within(1e-9));
    }

    [Test]
    public void Values_outside_the_limits_are_clipped_and_NaN_skipped_and_both_counted()
    {
        MeanEProcess process = new(0.5);
        process.Add(2);
        process.Add(double.NegativeInfinity);
        process.Add(double.NaN);
        Assert.That((process.Count, process.ClippedCount, process.NaNCount), Is.EqualTo((2L, 2L, 1L)));
    }

    [Test]
    public void A_value_costs_no_memory()
    {
        SplitMix64 random = new(3);
        MeanEProcess process = new(0.5);
        process.Add(0.5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
            process.Add(random.NextDouble());
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_restored_process_goes_on_exactly()
    {
        SplitMix64 random = new(3);
        MeanEProcess whole = new(0.9, 0, 2), second = new(0.9, 0, 2);
        for (int i = 0; i < 100; i++)
            whole.Add(random.NextDouble());
        second.Add(2);
        second.RestoreState(whole.SaveState());
        for (int i = 0; i < 100; i++)
        {
            double x = 3 * random.NextDouble();
            whole.Add(x);
            second.Add(x);
        }

        Assert.That(second.SaveState(), Is.EqualTo(whole.SaveState()));
        Assert.That((second.LogEValue, second.PValue), Is.EqualTo((whole.LogEValue, whole.PValue)));
    }

    [Test]
    public void A_damaged_or_foreign_state_is_refused_and_changes_nothing()
    {
        MeanEProcess process = new(0.5);
        process.Add(0.7);
        byte[] before = process.SaveState();
        Assert.That(() => process.RestoreState(before.AsSpan(..^1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => process.RestoreState(new MeanConfidenceSequence().SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(() => process.RestoreState(new MeanEProcess(0.6).SaveState()), Throws.InstanceOf<FormatException>().With.Message.Contains("mean"));
        Assert.That(() => process.RestoreState(new MeanEProcess(0.5, direction: ChangeDirection.Up).SaveState()), Throws.InstanceOf<FormatException>());
        Assert.That(process.SaveState(), Is.EqualTo(before));
    }

    [TestCase(0.5, double.NaN, 1, ChangeDirection.Up)]
    [TestCase(0.5, 1, 1, ChangeDirection.Up)]
    [TestCase(0, 0, 1, ChangeDirection.Up)]
    [TestCase(1, 0, 1, ChangeDirection.Up)]
    [TestCase(double.NaN, 0, 1, ChangeDirection.Up)]
    [TestCase(0.5, 0, 1, (ChangeDirection)3)]
    public void Impossible_settings_are_refused(double mean, double low, double high, ChangeDirection direction) =>
        Assert.That(() => new MeanEProcess(mean, low, high, direction), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(0), TestCase(1), TestCase(double.NaN)]
    public void An_impossible_level_is_refused(double alpha) =>
        Assert.That(() => new MeanEProcess(0.5).Reject(alpha), Throws.InstanceOf<ArgumentOutOfRangeException>());

    /// <summary>Both products from the definition, every value anew.</summary>
    private static double Product(List<double> values, double mean, ChangeDirection direction)
    {
        double rise = 1, fall = 1;
        for (int t = 0; t < values.Count; t++)
        {
            double center = (0.5 + values.Take(t).Sum()) / (t + 1);
            double squares = 0.25;
            for (int s = 0; s < t; s++)
                squares += Math.Pow(values[s] - ((0.5 + values.Take(s + 1).Sum()) / (s + 2)), 2);
            double bet = (center - mean) / ((squares / (t + 1)) + Math.Pow(center - mean, 2));
            rise *= 1 + (double.Clamp(bet, 0, 0.5 / mean) * (values[t] - mean));
            fall *= 1 - (double.Clamp(-bet, 0, 0.5 / (1 - mean)) * (values[t] - mean));
        }

        return direction switch { ChangeDirection.Up => rise, ChangeDirection.Down => fall, _ => 0.5 * (rise + fall) };
    }
}
