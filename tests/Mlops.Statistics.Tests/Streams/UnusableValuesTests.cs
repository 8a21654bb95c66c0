namespace Mlops.Statistics.Tests;

internal sealed class UnusableValuesTests
{
    private static readonly Dictionary<string, Func<IChangeDetector>> Detectors = new()
    {
        ["Adwin"] = static () => new Adwin(),
        ["Bocd"] = static () => Bocd.ForErrors(),
        ["Cusum"] = static () => new Cusum(0.1, 0.3),
        ["Ddm"] = static () => new Ddm(),
        ["Ecdd"] = static () => new Ecdd(),
        ["Eddm"] = static () => new Eddm(),
        ["Ewma"] = static () => new Ewma(0.1, 0.3),
        ["Focus"] = static () => new Focus(0.1, 0.3),
        ["HddmA"] = static () => new HddmA(),
        ["HddmW"] = static () => new HddmW(),
        ["Kswin"] = static () => new Kswin(),
        ["PageHinkley"] = static () => new PageHinkley(),
        ["Rddm"] = static () => new Rddm(),
    };

    [Test]
    public void What_is_not_finite_changes_nothing(
        [ValueSource(nameof(Names))] string name, [Values(double.NaN, double.PositiveInfinity, double.NegativeInfinity)] double value)
    {
        IChangeDetector clean = Detectors[name](), disturbed = Detectors[name]();
        SplitMix64 random = new(91);
        for (int i = 0; i < 4_000; i++)
        {
            double error = random.NextDouble() < (i < 3_000 ? 0.1 : 0.6) ? 1 : 0;
            if (i % 500 == 250)
                Assert.That(disturbed.Update(value), Is.EqualTo(ChangeSignal.None));
            Assert.That(disturbed.Update(error), Is.EqualTo(clean.Update(error)), $"at {i}");
        }

        Assert.That(disturbed.SaveState(), Is.EqualTo(clean.SaveState()));
    }

    [Test]
    public void Errors_outside_0_to_1_are_the_nearer_end([Values("Ddm", "Ecdd", "HddmA", "HddmW")] string name)
    {
        IChangeDetector plain = Detectors[name](), wild = Detectors[name]();
        SplitMix64 random = new(92);
        for (int i = 0; i < 4_000; i++)
        {
            bool error = random.NextDouble() < (i < 3_000 ? 0.1 : 0.6);
            Assert.That(wild.Update(error ? 7 : -2), Is.EqualTo(plain.Update(error ? 1 : 0)), $"at {i}");
        }
    }

    [TestCase(-1.0, 4.0)]
    [TestCase(double.NaN, 4.0)]
    [TestCase(0.5, double.NaN)]
    [TestCase(0.5, double.PositiveInfinity)]
    [TestCase(0.5, 0.0)]
    public void Run_lengths_of_impossible_settings_are_refused(double first, double threshold)
    {
        Assert.That(() => Cusum.ExpectedRunLength(first, threshold), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Ewma.ExpectedRunLength(first, threshold), Throws.InstanceOf<ArgumentOutOfRangeException>());
        if (first == 0.5)
            Assert.That(() => Focus.ExpectedRunLength(threshold), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static string[] Names() => [.. Detectors.Keys];
}
