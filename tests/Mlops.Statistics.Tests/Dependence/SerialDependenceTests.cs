namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class SerialDependenceTests
{
    [Test]
    public void Independent_values_are_rarely_called_dependent()
    {
        int called = Enumerable.Range(0, 1_000).Count(run => SerialDependence.Measure(TestData.Draw((ulong)run + 5, 200, "lognormal")).IsDependent(0.05));

        Assert.That(called, Is.InRange(TestData.LowerLimit(1_000, 0.025), TestData.UpperLimit(1_000, 0.06)));
    }

    [TestCase(0.5)]
    [TestCase(0.8)]
    public void Inertia_inflates_about_as_theory_says(double r)
    {
        // The indicator of the median of a Gaussian series has correlation (2 / pi) asin(r^k) at lag k.
        double theory = 1;
        for (int k = 1; k < 200; k++)
            theory += 4 / Math.PI * Math.Asin(Math.Pow(r, k));
        double[] series = AutoRegressive(3, 4_000, r);
        SerialDependence measured = SerialDependence.Measure(series);

        Assert.That(measured.IsDependent(), Is.True);
        Assert.That(measured.Inflation, Is.InRange(0.75 * theory, 1.1 * theory));
        Assert.That(measured.EffectiveCount, Is.EqualTo(4_000 / measured.Inflation));
    }

    [Test]
    public void A_weekly_rhythm_is_seen_and_inflates_little()
    {
        SerialDependence measured = SerialDependence.Measure(Weekly(4, 730, 2));

        Assert.That(measured.IsDependent(), Is.True);
        Assert.That(measured.Inflation, Is.LessThan(1.3));
    }

    [TestCase(0.0)]
    [TestCase(0.5)]
    [TestCase(0.7)]
    public void Corrected_tests_hold_their_level_on_inert_series(double r)
    {
        (int ks, int psi, int plain) = Rates(run => AutoRegressive(run, 600, r), 400, 200);

        Assert.That(ks, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.06)), "Kolmogorov-Smirnov");
        Assert.That(psi, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.06)), "stability index");
        if (r > 0)
            Assert.That(plain, Is.GreaterThan(2.5 * 0.05 * Runs), "without correction the level is lost");
    }

    [Test]
    public void Corrected_tests_hold_their_level_on_a_weekly_rhythm()
    {
        (int ks, int psi, _) = Rates(run => Weekly(run, 455, 2), 364, 91);

        Assert.That(ks, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.06)));
        Assert.That(psi, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.06)));
    }

    [Test]
    public void Short_constant_or_missing_series_inflate_nothing()
    {
        foreach (double[] series in new double[][] { [], [1, 2, 3], [.. Enumerable.Repeat(4.0, 100)], [.. Enumerable.Repeat(double.NaN, 100)] })
        {
            SerialDependence measured = SerialDependence.Measure(series);
            Assert.That((measured.Inflation, measured.PValue, measured.IsDependent()), Is.EqualTo((1.0, (double?)null, false)));
        }
    }

    private const int Runs = 400;

    private static (int Ks, int Psi, int Plain) Rates(Func<ulong, double[]> series, int reference, int current)
    {
        int ks = 0, psi = 0, plain = 0;
        for (ulong run = 1; run <= Runs; run++)
        {
            double[] all = series(run + 9_000);
            ReadOnlySpan<double> r = all.AsSpan(0, reference), c = all.AsSpan(reference, current);
            SerialDependence dr = SerialDependence.Measure(r), dc = SerialDependence.Measure(c);
            TwoSampleResult test = KolmogorovSmirnov.Test(r, c);
            ks += KolmogorovSmirnov.EffectivePValue(test.Statistic!.Value, dr.EffectiveCount, dc.EffectiveCount) <= 0.05 ? 1 : 0;
            BinEdges edges = BinEdges.FromQuantiles(r, 5);
            Histogram hr = new(edges), hc = new(edges);
            hr.Add(r);
            hc.Add(c);
            double inflation = ((dr.Inflation / r.Length) + (dc.Inflation / c.Length)) / ((1.0 / r.Length) + (1.0 / c.Length));
            psi += PopulationStabilityIndex.Test(hr, hc, inflation).IsSignificant(0.05) ? 1 : 0;
            plain += test.IsSignificant(0.05) ? 1 : 0;
        }

        return (ks, psi, plain);
    }

    private static double[] AutoRegressive(ulong seed, int n, double r)
    {
        double[] noise = TestData.Normal(seed * 31, n + 200);
        for (int i = 1; i < noise.Length; i++)
            noise[i] += r * noise[i - 1];
        return noise[200..];
    }

    private static double[] Weekly(ulong seed, int n, double amplitude)
    {
        double[] values = TestData.Normal(seed * 17, n);
        for (int i = 0; i < n; i++)
            values[i] += i % 7 >= 5 ? amplitude : 0;
        return values;
    }

    [Test]
    public void A_series_of_bits_has_the_autocorrelations_of_its_zeros_and_ones([Values(16, 63, 64, 65, 500, 4_096)] int n)
    {
        SplitMix64 random = new((ulong)n);
        double[] values = new double[n];
        IndicatorSeries bits = new(n);
        for (int i = 0; i < n; i++)
        {
            bits[i] = i > 0 && random.NextDouble() < 0.6 ? bits[i - 1] : random.NextInt(3) == 0;
            values[i] = bits[i] ? 1 : 0;
        }

        double mean = values.Average(), variance = values.Sum(v => (v - mean) * (v - mean));
        int lags = int.Min(n - 1, 130);
        double[] correlation = bits.Autocorrelation(lags)!;
        for (int k = 0; k <= lags; k++)
            Assert.That(correlation[k], Is.EqualTo(Enumerable.Range(k, n - k).Sum(i => (values[i] - mean) * (values[i - k] - mean)) / variance).Within(1e-12), $"lag {k}");
    }

    [Test]
    public void Two_values_are_measured_as_any_others()
    {
        SplitMix64 random = new(4);
        double[] two = new double[600];
        for (int i = 1; i < two.Length; i++)
            two[i] = random.NextDouble() < 0.7 ? two[i - 1] : random.NextInt(2);

        // One value in between, once, takes the general way and changes next to nothing.
        double[] three = [.. two];
        three[300] = 0.5;
        SerialDependence fast = SerialDependence.Measure(two), general = SerialDependence.Measure(three);
        Assert.That(fast.Statistic!.Value, Is.EqualTo(general.Statistic!.Value).Within(5).Percent);
        Assert.That(fast.Inflation, Is.EqualTo(general.Inflation).Within(10).Percent);
        Assert.That(fast.Inflation, Is.GreaterThan(2));
        Assert.That(SerialDependence.Measure([.. Enumerable.Repeat(0.0, 50)]).PValue, Is.Null);
    }
}
