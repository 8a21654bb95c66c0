namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class FocusTests
{
    [Test]
    public void The_statistic_is_the_brute_force_likelihood_ratio_over_every_start([Values(1ul, 2ul, 3ul)] ulong seed)
    {
        double[] z = [.. TestData.Normal(seed, 150), .. TestData.Normal(seed + 10, 150, 0.2), .. TestData.Normal(seed + 20, 100, -0.4)];
        Focus detector = new(0, 1, threshold: 1e9);
        for (int n = 1; n <= z.Length; n++)
        {
            detector.Update(z[n - 1]);
            double sum = 0, largest = 0;
            for (int k = n - 1; k >= 0; k--)
            {
                sum += z[k];
                largest = double.Max(largest, Math.Abs(sum) / Math.Sqrt(n - k));
            }

            Assert.That(detector.Statistic, Is.EqualTo(largest).Within(1e-10), $"after {n}");
        }
    }

    [Test]
    public void The_start_of_a_change_is_located()
    {
        Focus detector = new(5, 2, threshold: 12);
        double[] values = [.. TestData.Normal(4, 400, 5, 2), .. TestData.Normal(5, 100, 9, 2)];
        int alarm = Array.FindIndex(values, v => detector.Update(v) == ChangeSignal.Change);

        Assert.That(alarm, Is.InRange(420, 460));
        Assert.That(detector.ChangePoint, Is.EqualTo(400).Within(5));
    }

    [Test]
    public void Tied_and_constant_streams_keep_the_brute_force_value()
    {
        Focus detector = new(0, 1, threshold: 1e9);
        for (int n = 1; n <= 50; n++)
        {
            detector.Update(1);
            Assert.That(detector.Statistic, Is.EqualTo(Math.Sqrt(n)).Within(1e-12));
        }
    }

    [TestCase(100.0)]
    [TestCase(400.0)]
    public void A_promised_run_length_is_kept(double promised)
    {
        Focus detector = Focus.ForExpectedRunLength(0, 1, promised);
        SplitMix64 random = new(11);
        const int Alarms = 1_500;
        long total = 0;
        for (int alarm = 0; alarm < Alarms; total++)
            alarm += detector.Update(random.NextNormal()) == ChangeSignal.Change ? 1 : 0;

        Assert.That((double)total / Alarms, Is.EqualTo(promised).Within(0.1 * promised));
    }

    /// <summary>Kept are the corners of a minorant, of which there are about as many as the logarithm of the values.</summary>
    [Test]
    public void Memory_grows_with_the_logarithm_of_the_values()
    {
        Focus detector = new(0, 1, 50);
        foreach (double value in TestData.Normal(3, 200_000))
            detector.Update(value);
        Assert.That(detector.SaveState(), Has.Length.LessThan(2_000));
    }

    [Test]
    public void A_damaged_state_takes_no_memory_and_hides_no_alarm()
    {
        Focus detector = new(0, 1);
        foreach (double value in TestData.Normal(1, 100))
            detector.Update(value);
        byte[] state = detector.SaveState();
        const int Header = 6 + (3 * sizeof(double)), Length = Header + (5 * sizeof(long));
        foreach ((int at, long value) in new[] { (Length, 1L << 24), (Length, 1L << 32), (Header, BitConverter.DoubleToInt64Bits(double.NaN)) })
        {
            byte[] damaged = [.. state];
            BitConverter.GetBytes(value).CopyTo(damaged, at);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<FormatException>(() => detector.RestoreState(damaged), $"{value} at {at}");
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
        }
    }
}
