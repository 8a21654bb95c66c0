using Mlops.Statistics;

namespace Mlops.Drift.Tests;

internal sealed class ShareCheckTests
{
    private static readonly ShareChecks Checks = new(new DriftThresholds());
    private static readonly DriftSchema Numbers = DriftSchema.Create(s => s.Numeric("x"));

    /// <summary>Every way to place three of the window among seven is equally likely: counted, not computed.</summary>
    [Test]
    public void The_chance_of_values_out_of_range_is_that_of_all_arrangements()
    {
        const int N = 4, M = 3;
        int[] atLeast = new int[M + 1];
        int arrangements = 0;
        for (int mask = 0; mask < 1 << (N + M); mask++)
        {
            if (System.Numerics.BitOperations.PopCount((uint)mask) != M)
                continue;
            arrangements++;
            int below = System.Numerics.BitOperations.TrailingZeroCount(~mask), above = 0;
            while ((mask >> (N + M - 1 - above) & 1) == 1)
                above++;
            for (int k = 1; k <= Math.Min(M, below + above); k++)
                atLeast[k]++;
        }

        for (int k = 1; k <= M; k++)
            Assert.That(Checks.Range(k, N, M, 1)!.PValue, Is.EqualTo((double)atLeast[k] / arrangements).Within(1e-15), $"{k} outside");
        Assert.That(Checks.Range(0, N, M, 1), Is.Null);
    }

    [Test]
    public void Values_out_of_range_hold_their_level_for_laws_with_heavy_tails_and_with_ties()
    {
        Draws draws = new(31);
        int heavy = 0, tied = 0;
        const int Rounds = 4_000;
        for (int round = 0; round < Rounds; round++)
        {
            heavy += IsAlarm(static d => Math.Tan(Math.PI * (d.Uniform() - 0.5)));
            tied += IsAlarm(static d => d.Next(40));
        }

        Assert.That(heavy / (double)Rounds, Is.InRange(0.015, 0.0285), "three of fifty beyond five hundred happen in 2.26 % of samples, and two in 12 %");
        Assert.That(tied, Is.LessThan(heavy));

        int IsAlarm(Func<Draws, double> draw)
        {
            double[] reference = [.. Enumerable.Range(0, 500).Select(_ => draw(draws))];
            int outside = Enumerable.Range(0, 50).Select(_ => draw(draws)).Count(x => x < reference.Min() || x > reference.Max());
            return Checks.Range(outside, 500, 50, 1)?.PValue <= 0.05 ? 1 : 0;
        }
    }

    [Test]
    public void A_window_that_leaves_the_range_drifts_although_its_body_stays()
    {
        ReferenceProfile profile = CalibrationTests.Build(Numbers, new Draws(3).Normals(20_000));
        double[] window = new Draws(4).Normals(1_000);
        for (int i = 0; i < 15; i++)
            window[60 * i] = 50 + i;

        FeatureDrift feature = DriftReport.Of(profile, CalibrationTests.RowsOf(Numbers, window), new()).Features[0];

        Assert.That((feature.Verdict, feature.Test, feature.Effect), Is.EqualTo((DriftVerdict.Drift, DriftTest.Range, 0.015)));
        Assert.That(feature.Reason, Does.StartWith("share out of range 0.015 is at least the floor"));
        Assert.That(feature.Checks[0].PValue, Is.GreaterThan(0.05));
    }

    [Test]
    public void Rare_categories_alone_are_no_alarm_and_one_that_is_new_is()
    {
        Draws draws = new(5);
        int alarms = 0;
        const int Rounds = 1_000;
        for (int round = 0; round < Rounds; round++)
        {
            (long[] reference, long[] current) = Counted(draws, static d => (int)Math.Pow(d.Uniform(), -1.2), 2_000, 200);
            alarms += Checks.NewCategories(reference, current, 1)?.PValue <= 0.05 ? 1 : 0;
        }

        Assert.That(alarms / (double)Rounds, Is.InRange(0.005, 0.07), "a law that never ceases to bring new ones");
        Assert.That(Checks.NewCategories([900, 100, 0], [80, 10, 10], 1)!.PValue, Is.EqualTo(FisherExact.Test(0, 1_000, 10, 100, Alternative.Greater).PValue));
        Assert.That(Checks.NewCategories([900, 100, 0], [90, 10, 0], 1), Is.Null);
        Assert.That(Checks.NewCategories([900, 90, 10], [80, 10, 10], 1)!.NotTested, Does.Contain("MaximumCategories"));
    }

    [Test]
    public void A_category_that_vanishes_is_found_and_rare_ones_may_be_lacking()
    {
        Draws draws = new(6);
        int alarms = 0;
        const int Rounds = 1_000;
        for (int round = 0; round < Rounds; round++)
        {
            (long[] reference, long[] current) = Counted(draws, static d => (int)Math.Pow(d.Uniform(), -0.8), 2_000, 200);
            alarms += Checks.VanishedCategories(reference, current, 1)?.PValue <= 0.05 ? 1 : 0;
        }

        Assert.That(alarms / (double)Rounds, Is.LessThan(0.05));
        DriftCheck check = Checks.VanishedCategories([900, 100, 0], [100, 0, 0], 1)!;
        Assert.That(check.PValue, Is.LessThan(0.001));
        Assert.That((check.Statistic, check.Effect), Is.EqualTo((100.0, 0.1)));
    }

    [Test]
    public void Fixed_weights_divide_the_level_whatever_the_data_brings()
    {
        ReferenceProfile profile = CalibrationTests.Build(Numbers, new Draws(7).Normals(5_000));
        FeatureDrift feature = DriftReport.Of(profile, CalibrationTests.RowsOf(Numbers, new Draws(8).Normals(500)), new()).Features[0];
        Assert.That(feature.PValue, Is.EqualTo(Math.Min(1, feature.Checks[0].PValue!.Value / 0.8)).Within(1e-15));
    }

    [Test]
    public void Missing_values_that_come_in_runs_are_no_alarm()
    {
        int measured = 0, independent = 0;
        for (int round = 0; round < 60; round++)
        {
            Draws draws = new(100 + round);
            double[] reference = Runs(draws, 20_000), window = Runs(draws, 2_000);
            ReferenceProfile profile = CalibrationTests.Build(Numbers, reference);
            measured += MissingPValue(profile, window, RowDependence.Measured) <= 0.05 ? 1 : 0;
            independent += MissingPValue(profile, window, RowDependence.Independent) <= 0.05 ? 1 : 0;
        }

        Assert.That(independent, Is.GreaterThan(20), "the data should show the problem");
        Assert.That(measured, Is.LessThanOrEqualTo(9));

        static double[] Runs(Draws draws, int count)
        {
            double[] values = draws.Normals(count);
            bool isMissing = false;
            for (int i = 0; i < count; i++)
            {
                isMissing = draws.Uniform() < 0.05 ? draws.Uniform() < 0.2 : isMissing;
                values[i] = isMissing ? DriftSchema.Missing : values[i];
            }

            return values;
        }

        static double MissingPValue(ReferenceProfile profile, double[] window, RowDependence dependence) =>
            DriftReport.Of(profile, CalibrationTests.RowsOf(Numbers, window), new() { Dependence = dependence })
                .Features[0].Checks.Single(static c => c.Test == DriftTest.MissingShare).PValue!.Value;
    }

    /// <summary>The distance between a uniform law and itself moved by a tenth of its width is a tenth.</summary>
    [Test]
    public void A_floor_in_the_columns_unit_is_the_effect_of_that_shift()
    {
        double[] uniform = [.. Enumerable.Range(0, 10_000).Select(static i => i * 7_919 % 10_000 / 100.0)];
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x", smallestShift: 10));
        ReferenceProfile profile = CalibrationTests.Build(schema, uniform);

        FeatureDrift below = Judge(8), above = Judge(12.5);

        Assert.That(below.EffectFloor, Is.EqualTo(0.1).Within(1e-3));
        Assert.That((below.Verdict, above.Verdict), Is.EqualTo((DriftVerdict.NoDrift, DriftVerdict.Drift)));
        Assert.That(below.Reason, Does.Contain("significant").And.Contain("negligible"));
        Assert.That(ReferenceProfile.Read(profile.ToArray()).Schema.Columns[0].SmallestShift, Is.EqualTo(10));
        Assert.That(() => DriftSchema.Create(s => s.Numeric("x", 0.1, 10)), Throws.ArgumentException.With.Message.Contain("give one of them"));
        Assert.That(() => DriftSchema.Create(s => s.Numeric("x", smallestShift: 0)), Throws.InstanceOf<ArgumentOutOfRangeException>());

        FeatureDrift Judge(double shift) =>
            DriftReport.Of(profile, CalibrationTests.RowsOf(schema, [.. uniform.Select(x => x + shift)]), new()).Features[0];
    }

    [Test]
    public void A_floor_in_the_columns_unit_serves_columns_of_few_values_too()
    {
        double[] counts = [.. Enumerable.Range(0, 10_000).Select(static i => (double)(i * 7_919 % 10))];
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x", smallestShift: 1));
        ReferenceProfile profile = CalibrationTests.Build(schema, counts);
        FeatureDrift feature = DriftReport.Of(profile, CalibrationTests.RowsOf(schema, counts), new()).Features[0];
        Assert.That(feature.Test, Is.EqualTo(DriftTest.ChiSquare));
        Assert.That(feature.EffectFloor, Is.GreaterThan(0.5));
    }

    [TestCase(10, ExpectedResult = 1.6)]
    [TestCase(1, ExpectedResult = 4.2)]
    public double A_small_reference_has_a_stated_bound(double ratio) => Math.Round(ReferenceSpread.Bound(ratio * 1_000, 1_000, 0.05), 1);

    [Test]
    public void The_warning_of_a_small_reference_states_its_bound()
    {
        ReferenceProfile profile = CalibrationTests.Build(Numbers, new Draws(9).Normals(1_000));
        DriftReport report = DriftReport.Of(profile, CalibrationTests.RowsOf(Numbers, new Draws(10).Normals(1_000)), new());
        Assert.That(report.Warnings, Has.Exactly(1).Contains("up to 4.2 times the nominal one for 95 % of references"));
    }

    private static (long[] Reference, long[] Current) Counted(Draws draws, Func<Draws, int> draw, int n, int m)
    {
        Dictionary<int, int> index = [];
        List<long> reference = [];
        for (int i = 0; i < n; i++)
        {
            int category = draw(draws);
            if (index.TryAdd(category, reference.Count))
                reference.Add(0);
            reference[index[category]]++;
        }

        long[] current = new long[reference.Count + 1];
        for (int i = 0; i < m; i++)
            current[index.GetValueOrDefault(draw(draws), reference.Count)]++;
        return ([.. reference, 0], current);
    }
}
