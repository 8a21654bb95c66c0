namespace Mlops.Statistics.Tests;

/// <summary>What every detector has in common.</summary>
[TestFixture]
internal sealed class ChangeDetectorTests
{
    private static readonly Dictionary<string, Func<IChangeDetector>> Detectors = new()
    {
        ["Cusum"] = () => new Cusum(0.3, 0.5),
        ["PageHinkley"] = () => new PageHinkley(threshold: 8),
        ["Ewma"] = () => new Ewma(0.3, 0.5),
        ["Focus"] = () => new Focus(0.3, 0.5),
        ["Kswin"] = () => new Kswin(),
        ["Adwin"] = () => new Adwin(),
        ["Adwin of MOA"] = () => new Adwin(mode: AdwinMode.Moa),
        ["Ddm"] = () => new Ddm(),
        ["Eddm"] = () => new Eddm(),
        ["Ecdd"] = () => new Ecdd(),
        ["Rddm"] = () => new Rddm(keptValues: 100, longestSeries: 300, longestWarning: 40),
        ["Bocd"] = () => Bocd.ForErrors(capacity: 60),
        ["Bocd of normal values"] = () => Bocd.ForNormal(capacity: 60),
        ["EDetector"] = () => new EDetector(0.3),
        ["HddmA"] = () => new HddmA(direction: ChangeDirection.Both),
        ["HddmW"] = () => new HddmW(direction: ChangeDirection.Both),
    };

    private static IEnumerable<string> Names => Detectors.Keys;

    [TestCaseSource(nameof(Names))]
    public void A_restored_state_resumes_exactly(string name)
    {
        double[] stream = Stream(3_000);
        IChangeDetector whole = Detectors[name](), part = Detectors[name]();
        for (int i = 0; i < stream.Length; i++)
        {
            if (i % 101 == 50)
            {
                IChangeDetector resumed = Detectors[name]();
                resumed.Update(7);
                resumed.RestoreState(part.SaveState());
                part = resumed;
            }

            Assert.That(part.Update(stream[i]), Is.EqualTo(whole.Update(stream[i])), $"value {i}");
            Assert.That(part.Count, Is.EqualTo(whole.Count));
        }
    }

    [TestCaseSource(nameof(Names))]
    public void A_deterioration_is_found(string name)
    {
        IChangeDetector detector = Detectors[name]();
        double[] stream = Stream(3_000);
        int changes = stream.Count(v => detector.Update(v) == ChangeSignal.Change);

        Assert.That(changes, Is.GreaterThan(0));
    }

    [TestCaseSource(nameof(Names))]
    public void Updates_do_not_allocate(string name)
    {
        IChangeDetector detector = Detectors[name]();
        double[] stream = Stream(3_000);
        foreach (double v in stream)
            detector.Update(v);
        detector.Reset();
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (double v in stream)
            detector.Update(v);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [TestCaseSource(nameof(Names))]
    public void A_reset_detector_behaves_as_a_new_one(string name)
    {
        // The seeded draws of KSWIN go on after a reset.
        if (name == "Kswin")
            Assert.Ignore("its draws continue");
        double[] stream = Stream(2_500);
        IChangeDetector used = Detectors[name](), fresh = Detectors[name]();
        foreach (double v in stream.Take(1_700))
            used.Update(v);
        used.Reset();

        Assert.That(stream.Select(used.Update), Is.EqualTo(stream.Select(fresh.Update)));
    }

    [TestCaseSource(nameof(Names))]
    public void NaN_changes_nothing(string name)
    {
        double[] stream = Stream(2_000);
        IChangeDetector with = Detectors[name](), without = Detectors[name]();
        foreach (double v in stream)
        {
            Assert.That(with.Update(double.NaN), Is.EqualTo(ChangeSignal.None));
            Assert.That(with.Update(v), Is.EqualTo(without.Update(v)));
        }
    }

    [TestCaseSource(nameof(Names))]
    public void Foreign_and_damaged_states_are_refused(string name)
    {
        IChangeDetector detector = Detectors[name]();
        byte[] good = detector.SaveState();
        byte[] newer = [.. good];
        newer[4] = 2;
        byte[] foreign = [.. good];
        foreign[5] = 99;

        Assert.That(() => detector.RestoreState(good.AsSpan(0, good.Length - 1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => detector.RestoreState([.. good, 0]), Throws.InstanceOf<FormatException>());
        Assert.That(() => detector.RestoreState(newer), Throws.InstanceOf<FormatException>().With.Message.Contains("version 2"));
        Assert.That(() => detector.RestoreState(foreign), Throws.InstanceOf<FormatException>().With.Message.Contains("99"));
    }

    [TestCaseSource(nameof(Names))]
    public void A_refused_state_leaves_the_detector_as_it_was(string name)
    {
        IChangeDetector detector = Detectors[name](), other = Detectors[name]();
        foreach (double v in Stream(700))
            detector.Update(v);
        foreach (double v in Stream(400))
            other.Update(1 - v);
        byte[] before = detector.SaveState(), state = other.SaveState();
        Assert.That(state, Is.Not.EqualTo(before));

        // The last value is missing, all others would have been taken over.
        Assert.Throws<FormatException>(() => detector.RestoreState(state.AsSpan(0, state.Length - 8)));
        Assert.That(detector.SaveState(), Is.EqualTo(before));
    }

    [Test]
    public void Hddm_sees_a_fall_as_the_mirror_image_of_a_rise([Values("HddmA", "HddmW")] string name)
    {
        IChangeDetector Create(ChangeDirection direction) => name == "HddmA" ? new HddmA(direction: direction) : new HddmW(direction: direction);
        IChangeDetector up = Create(ChangeDirection.Up), down = Create(ChangeDirection.Down);
        List<ChangeSignal> rises = [], falls = [];
        foreach (double v in Stream(3_000))
        {
            rises.Add(up.Update(v));
            falls.Add(down.Update(1 - v));
        }

        Assert.That(rises, Does.Contain(ChangeSignal.Change));
        Assert.That(falls, Is.EqualTo(rises));
        IChangeDetector deaf = Create(ChangeDirection.Down);
        Assert.That(Stream(3_000).Select(deaf.Update), Does.Not.Contain(ChangeSignal.Change));
    }

    [Test]
    public void A_state_of_other_settings_is_refused_by_name() =>
        Assert.That(
            () => new Adwin(delta: 0.1).RestoreState(new Adwin().SaveState()),
            Throws.InstanceOf<FormatException>().With.Message.Contains("delta"));

    [Test]
    public void The_binary_form_of_version_one_stays_readable()
    {
        byte[] recorded = Convert.FromHexString(
            "4448434D0103" + "0000000000000000" + "000000000000F03F" + "9A9999999999B93F" + "6891ED7C3F350640" + "000000000000E03F" + "0700000000000000" + "0000000000000000");
        Ewma detector = new(0, 1, 0.1, 2.776);
        recorded = [.. recorded[..30], .. BitConverter.GetBytes(2.776), .. recorded[38..]];
        detector.RestoreState(recorded);

        Assert.That((detector.Value, detector.Count), Is.EqualTo((0.5, 7L)));
        Assert.That(detector.SaveState(), Is.EqualTo(recorded));
    }

    /// <summary>Errors at a rate of 0.2, then of 0.6.</summary>
    private static double[] Stream(int n)
    {
        SplitMix64 random = new(10);
        double[] values = new double[n];
        for (int i = 0; i < n; i++)
            values[i] = random.NextDouble() < (i < 1_200 ? 0.2 : 0.6) ? 1 : 0;
        return values;
    }
}
