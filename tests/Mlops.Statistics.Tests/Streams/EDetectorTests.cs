namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class EDetectorTests
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
    public void The_promised_run_length_is_kept([ValueSource(nameof(Names))] string law, [Values] ChangeDirection direction)
    {
        const double Promised = 50;
        const int Runs = 300, Cut = 1_000;
        (double mean, Func<double, double> draw) = Laws[law];
        EDetector detector = new(mean, expectedRunLength: Promised, direction: direction);
        SplitMix64 random = new(12);
        double sum = 0, squares = 0;
        for (int run = 0; run < Runs; run++)
        {
            // Cutting a run short makes it no longer.
            detector.Reset();
            double length = 0;
            ChangeSignal signal = ChangeSignal.None;
            while (length < Cut && signal == ChangeSignal.None)
            {
                signal = detector.Update(draw(random.NextDouble()));
                length++;
            }

            sum += length;
            squares += length * length;
        }

        double average = sum / Runs, error = Math.Sqrt(((squares / Runs) - (average * average)) / Runs);
        TestContext.Out.WriteLine($"{law}, {direction}: {average:F0} +- {error:F0}");
        Assert.That(average + (3 * error), Is.GreaterThanOrEqualTo(Promised));
    }

    [Test]
    public void It_is_the_sum_over_all_starts_of_the_gamblers_money([Values] ChangeDirection direction)
    {
        SplitMix64 random = new(4);
        EDetector detector = new(0.4, expectedRunLength: 1e12, direction: direction);
        List<double> values = [];
        const double Promised = 1e12, Mean = 0.4;
        double smallest = Math.Sqrt(2 * Math.Log(Promised) / (Promised * Mean * (1 - Mean)));
        double[] up = [.. Enumerable.Range(0, 8).Select(i => 0.5 / Mean * Math.Pow(smallest * Mean / 0.5, i / 7.0))];
        double[] down = [.. Enumerable.Range(0, 8).Select(i => -0.5 / (1 - Mean) * Math.Pow(smallest * (1 - Mean) / 0.5, i / 7.0))];
        double[] bets = direction switch { ChangeDirection.Up => up, ChangeDirection.Down => down, _ => [.. up, .. down] };
        for (int n = 1; n <= 100; n++)
        {
            values.Add(random.NextDouble());
            detector.Update(values[^1]);
            double sum = 0;
            foreach (double bet in bets)
            {
                for (int start = 0; start < n; start++)
                    sum += values.Skip(start).Aggregate(1.0, (money, x) => money * (1 + (bet * (x - 0.4))));
            }

            Assert.That(detector.Statistic, Is.EqualTo(sum / bets.Length).Within(1e-10).Percent, $"after {n}");
        }
    }

    [TestCase(0.7, ChangeDirection.Up), TestCase(0.7, ChangeDirection.Both), TestCase(0.3, ChangeDirection.Down), TestCase(0.3, ChangeDirection.Both)]
    public void A_change_is_found_soon_however_late_it_comes(double rate, ChangeDirection direction)
    {
        const int Streams = 100;
        List<int> delays = [];
        for (ulong stream = 0; stream < Streams; stream++)
        {
            SplitMix64 random = new(stream);
            EDetector detector = new(0.5, expectedRunLength: 100_000, direction: direction);
            for (int i = 0; i < 1_000; i++)
                detector.Update(random.NextDouble() < 0.5 ? 1 : 0);
            int delay = 1;
            while (detector.Update(random.NextDouble() < rate ? 1 : 0) != ChangeSignal.Change)
                delay++;
            delays.Add(delay);
        }

        delays.Sort();
        TestContext.Out.WriteLine($"{rate}, {direction}: median {delays[Streams / 2]}, 95 % within {delays[95 * Streams / 100]}");
        Assert.That(delays[95 * Streams / 100], Is.LessThan(400));
    }

    [Test]
    public void A_mean_on_the_allowed_side_is_no_change()
    {
        SplitMix64 random = new(1);
        EDetector detector = new(0.5, expectedRunLength: 200, direction: ChangeDirection.Up);
        for (int i = 0; i < 5_000; i++)
            Assert.That(detector.Update(0.8 * random.NextDouble()), Is.EqualTo(ChangeSignal.None));
    }

    [Test]
    public void A_scaled_stream_has_the_same_statistic()
    {
        SplitMix64 random = new(1);
        EDetector plain = new(0.4), scaled = new(-10 + (40 * 0.4), -10, 30);
        for (int i = 0; i < 200; i++)
        {
            double x = random.NextDouble();
            Assert.That(scaled.Update(-10 + (40 * x)), Is.EqualTo(plain.Update(x)));
            Assert.That(scaled.Statistic, Is.EqualTo(plain.Statistic).Within(1e-9).Percent);
        }
    }

    [Test]
    public void A_value_outside_the_limits_is_taken_as_the_limit()
    {
        EDetector beyond = new(0.5), at = new(0.5);
        beyond.Update(double.PositiveInfinity);
        at.Update(1);
        Assert.That(beyond.Statistic, Is.EqualTo(at.Statistic));
    }

    [TestCase(0.5, double.NaN, 1, 100, ChangeDirection.Up)]
    [TestCase(0.5, 1, 1, 100, ChangeDirection.Up)]
    [TestCase(0, 0, 1, 100, ChangeDirection.Up)]
    [TestCase(1, 0, 1, 100, ChangeDirection.Up)]
    [TestCase(0.5, 0, 1, 1, ChangeDirection.Up)]
    [TestCase(0.5, 0, 1, double.PositiveInfinity, ChangeDirection.Up)]
    [TestCase(0.5, 0, 1, 100, (ChangeDirection)3)]
    public void Impossible_settings_are_refused(double mean, double low, double high, double runLength, ChangeDirection direction) =>
        Assert.That(() => new EDetector(mean, low, high, runLength, direction), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
