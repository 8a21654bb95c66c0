namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class BocdTests
{
    private const double ExpectedRunLength = 50;

    [Test]
    public void For_normal_values_it_is_the_quadratic_posterior([Values(1ul, 2ul, 3ul)] ulong seed)
    {
        double[] values = [.. TestData.Normal(seed, 80), .. TestData.Normal(seed + 10, 60, 1.5), .. TestData.Normal(seed + 20, 60, 1.5, 0.3)];
        Bocd detector = Bocd.ForNormal(0.3, 0.5, 2, 1.5, ExpectedRunLength, 1, capacity: 250);
        AssertPosterior(detector, values, NormalEvidence);
    }

    [Test]
    public void For_errors_it_is_the_quadratic_posterior([Values(1ul, 2ul)] ulong seed)
    {
        SplitMix64 random = new(seed);
        double[] values = [.. Enumerable.Range(0, 200).Select(i => random.NextDouble() < (i < 120 ? 0.1 : 0.5) ? 1.0 : 0)];
        Bocd detector = Bocd.ForErrors(0.5, 1.5, ExpectedRunLength, 1, capacity: 250);
        AssertPosterior(detector, values, ErrorEvidence);
    }

    [Test]
    public void Dropped_runs_hardly_change_the_posterior()
    {
        double[] values = [.. TestData.Normal(5, 600), .. TestData.Normal(6, 8, 2)];
        Bocd whole = Bocd.ForNormal(threshold: 1, capacity: 1_000), bounded = Bocd.ForNormal(threshold: 1, capacity: 60);
        foreach (double x in values)
        {
            whole.Update(x);
            bounded.Update(x);
            Assert.That(bounded.ChangeProbability, Is.EqualTo(whole.ChangeProbability).Within(0.02));
        }

        Assert.That((bounded.MostLikelyRunLength, whole.ChangeProbability > 0.5), Is.EqualTo((whole.MostLikelyRunLength, true)));
    }

    [Test]
    public void The_start_of_a_change_is_located_and_the_next_series_starts_afresh()
    {
        double[] values = [.. TestData.Normal(4, 400, 0, 1), .. TestData.Normal(5, 100, 6, 1)];
        Bocd detector = Bocd.ForNormal();
        int alarm = Array.FindIndex(values, v => detector.Update(v) == ChangeSignal.Change);

        Assert.That(alarm, Is.InRange(400, 405));
        Assert.That(alarm + 1 - detector.MostLikelyRunLength, Is.EqualTo(400));
        Assert.That(detector.ChangeProbability, Is.GreaterThan(0.9));
        detector.Update(6);
        Assert.That((detector.Count, detector.MostLikelyRunLength, detector.ChangeProbability), Is.EqualTo((1L, 1L, 0.0)));
    }

    [Test]
    public void A_change_of_the_variance_is_found()
    {
        double[] values = [.. TestData.Normal(4, 300), .. TestData.Normal(5, 100, 0, 4)];
        Bocd detector = Bocd.ForNormal();
        Assert.That(Array.FindIndex(values, v => detector.Update(v) == ChangeSignal.Change), Is.InRange(301, 330));
    }

    [Test]
    public void Updates_do_not_allocate_when_runs_are_dropped()
    {
        double[] values = TestData.Normal(3, 500);
        Bocd detector = Bocd.ForNormal(capacity: 50);
        detector.Update(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (double x in values)
            detector.Update(x);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Values_that_cannot_be_squared_are_ignored([Values(double.NaN, double.PositiveInfinity, -1e200)] double value)
    {
        Bocd detector = Bocd.ForNormal();
        detector.Update(1);
        byte[] before = detector.SaveState();
        Assert.That(detector.Update(value), Is.EqualTo(ChangeSignal.None));
        Assert.That(detector.SaveState(), Is.EqualTo(before));
    }

    [Test]
    public void A_far_value_leaves_a_posterior_of_numbers()
    {
        Bocd detector = Bocd.ForNormal();
        foreach (double x in TestData.Normal(3, 100))
            detector.Update(x);
        detector.Update(1e100);
        Assert.That(detector.ChangeProbability, Is.InRange(0, 1));
        Assert.That(Enumerable.Range(1, 101).Sum(r => detector.RunLengthProbability(r)), Is.EqualTo(1).Within(1e-9));
    }

    [Test]
    public void A_state_of_another_law_is_refused() =>
        Assert.That(() => Bocd.ForNormal().RestoreState(Bocd.ForErrors().SaveState()), Throws.InstanceOf<FormatException>().With.Message.Contains("law"));

    [Test]
    public void The_step_of_the_gamma_function_has_all_its_digits()
    {
        foreach (double a in (double[])[0.5, 1, 3.25, 15.9, 16, 40, 24, 1e3])
            Assert.That(LogHalfStep(a), Is.EqualTo(LogGamma(a + 0.5) - LogGamma(a)).Within(1e-11), $"{a}");
        Assert.That(LogHalfStep(0.5), Is.EqualTo(-0.5 * Math.Log(Math.PI)).Within(1e-14));
        Assert.That(LogHalfStep(1e12), Is.EqualTo(0.5 * Math.Log(1e12)).Within(1e-12));
    }

    [TestCase(double.NaN, 1, 1, 1, 100, 0.5, 10)]
    [TestCase(0, 0, 1, 1, 100, 0.5, 10)]
    [TestCase(0, 1, -1, 1, 100, 0.5, 10)]
    [TestCase(0, 1, 1, double.PositiveInfinity, 100, 0.5, 10)]
    [TestCase(0, 1, 1, 1, 1, 0.5, 10)]
    [TestCase(0, 1, 1, 1, 100, 1.01, 10)]
    [TestCase(0, 1, 1, 1, 100, 0.5, 1)]
    public void Impossible_settings_are_refused(double mean, double meanCount, double shape, double rate, double runLength, double threshold, int capacity) =>
        Assert.That(() => Bocd.ForNormal(mean, meanCount, shape, rate, runLength, threshold, capacity), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(0, 1), TestCase(1, double.NaN)]
    public void Impossible_priors_of_errors_are_refused(double errors, double hits) =>
        Assert.That(() => Bocd.ForErrors(errors, hits), Throws.InstanceOf<ArgumentOutOfRangeException>());

    /// <summary>After every value, all run lengths against the sum over all earlier starts with each segment's evidence in closed form.</summary>
    private static void AssertPosterior(Bocd detector, double[] values, Func<ReadOnlySpan<double>, double> logEvidence)
    {
        // Evidence[k] is that of the first k values under all segmentations.
        double[] evidence = new double[values.Length + 1];
        for (int n = 1; n <= values.Length; n++)
        {
            detector.Update(values[n - 1]);
            double[] joint = new double[n];
            for (int k = 0; k < n; k++)
            {
                joint[k] = evidence[k] + (k == 0 ? 0 : Math.Log(1 / ExpectedRunLength)) + logEvidence(values.AsSpan(k, n - k))
                    + ((n - k - 1) * Math.Log(1 - (1 / ExpectedRunLength)));
            }

            double largest = joint.Max();
            evidence[n] = largest + Math.Log(joint.Sum(j => Math.Exp(j - largest)));
            for (int k = 0; k < n; k++)
                Assert.That(detector.RunLengthProbability(n - k), Is.EqualTo(Math.Exp(joint[k] - evidence[n])).Within(1e-9), $"start {k} after {n}");
            Assert.That(detector.ChangeProbability, Is.EqualTo(1 - Math.Exp(joint[0] - evidence[n])).Within(1e-9));
            Assert.That(detector.MostLikelyRunLength, Is.EqualTo(n - Array.IndexOf(joint, largest)));
        }

        Assert.That(detector.ChangeProbability, Is.GreaterThan(0.9));
    }

    private static double NormalEvidence(ReadOnlySpan<double> x)
    {
        double n = x.Length, mean = 0, squares = 0;
        foreach (double v in x)
            mean += v / n;
        foreach (double v in x)
            squares += (v - mean) * (v - mean);
        double rate = 1.5 + (0.5 * squares) + (0.5 * n * (mean - 0.3) * (mean - 0.3) / (0.5 + n) * 0.5), shape = 2 + (0.5 * n);
        return LogGamma(shape) - LogGamma(2) + (2 * Math.Log(1.5)) - (shape * Math.Log(rate))
            + (0.5 * Math.Log(0.5 / (0.5 + n))) - (0.5 * n * Math.Log(2 * Math.PI));
    }

    private static double ErrorEvidence(ReadOnlySpan<double> x)
    {
        int errors = x.Count(1.0);
        return LogBeta(0.5 + errors, 1.5 + x.Length - errors) - LogBeta(0.5, 1.5);
    }

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    private static double LogHalfStep(double a)
    {
        (double square, double correction) = NormalRunLaw.HalfStep(a);
        return (0.5 * Math.Log(square)) - correction;
    }

    /// <summary>Stirling's series from 40 on, below it by the recurrence.</summary>
    private static double LogGamma(double a)
    {
        double below = 0;
        for (; a < 40; a++)
            below += Math.Log(a);
        return ((a - 0.5) * Math.Log(a)) - a + (0.5 * Math.Log(2 * Math.PI)) + (1 / (12 * a)) - (1 / (360 * a * a * a)) + (1 / (1260 * Math.Pow(a, 5))) - below;
    }
}
