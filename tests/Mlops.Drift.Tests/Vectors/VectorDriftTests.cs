using Mlops.Statistics;

namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class VectorDriftTests
{
    [Test]
    public void Without_drift_it_alarms_in_at_most_five_of_a_hundred_comparisons([Values] VectorTest test, [Values] bool wild)
    {
        const int Runs = 200, Columns = 6;
        int alarms = 0, significant = 0;
        for (int run = 0; run < Runs; run++)
        {
            Draws draws = new(run);
            VectorDrift drift = VectorDrift.Compare(Rows(draws, 60), Rows(draws, 50), Columns, new() { Test = test, Permutations = 59, Directions = 8 });
            alarms += drift.Verdict == DriftVerdict.Drift ? 1 : 0;
            significant += drift.PValue <= 0.05 ? 1 : 0;
        }

        // 19 is exceeded by a binomial(200, 0.05) with probability 0.003.
        Assert.That(alarms, Is.LessThanOrEqualTo(significant).And.LessThanOrEqualTo(19));
        Assert.That(significant, Is.GreaterThanOrEqualTo(1), "a test that never alarms is no test");

        // Cauchy values, some of them missing, have no mean.
        float[] Rows(Draws draws, int rows) =>
            Array.ConvertAll(draws.Vectors(rows, Columns), value => !wild ? value : draws.Uniform() < 0.01 ? float.NaN : (float)(value / draws.Normal()));
    }

    [Test]
    public void A_shift_of_every_column_is_drift([Values] VectorTest test)
    {
        // Components hold what the rows have in common, so the last test sees a shift across them alone.
        Draws draws = new(1);
        VectorDrift drift = VectorDrift.Compare(draws.Vectors(300, 32), draws.Vectors(300, 32, shift: 0.6), 32, new() { Test = test, Permutations = 199 });
        Assert.That(drift.Verdict, Is.EqualTo(DriftVerdict.Drift), drift.Reason);
        Assert.That(drift.PValue, Is.LessThanOrEqualTo(0.005));
        Assert.That(drift.Effect, Is.GreaterThanOrEqualTo(drift.EffectFloor));
        Assert.That((drift.Test, drift.Columns, drift.ReferenceRows, drift.CurrentRowsCompared), Is.EqualTo((test, 32, 300L, 300)));
    }

    [Test]
    public void A_change_of_spread_alone_is_drift([Values(VectorTest.ClassifierTwoSample, VectorTest.MaximumMeanDiscrepancy, VectorTest.SlicedWasserstein)] VectorTest test)
    {
        Draws draws = new(2);
        float[] wider = [.. draws.Vectors(400, 8).Select(static value => 1.4f * value)];
        Assert.That(VectorDrift.Compare(draws.Vectors(400, 8), wider, 8, new() { Test = test, Permutations = 199 }).Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void Equal_data_and_seed_give_an_equal_result_and_the_order_of_rows_hardly_matters([Values] VectorTest test)
    {
        Draws draws = new(3);
        float[] reference = draws.Vectors(200, 5), current = draws.Vectors(150, 5, shift: 0.15);
        VectorDriftOptions options = new() { Test = test, Permutations = 199 };
        VectorDrift drift = VectorDrift.Compare(reference, current, 5, options);
        Assert.That(VectorDrift.Compare(reference, current, 5, options), Is.EqualTo(drift));
        VectorDrift reversed = VectorDrift.Compare(Reversed(reference), Reversed(current), 5, options);
        if (test == VectorTest.SlicedWasserstein)
            Assert.That(reversed, Is.EqualTo(drift));
        if (test == VectorTest.MaximumMeanDiscrepancy)
            Assert.That(reversed.Statistic!.Value, Is.EqualTo(drift.Statistic!.Value).Within(1e-12));
        Assert.That(reversed.Verdict, Is.EqualTo(drift.Verdict));

        static float[] Reversed(float[] rows) => [.. rows.Chunk(5).Reverse().SelectMany(static row => row)];
    }

    [Test]
    public void The_statistic_is_that_of_the_statistics_package()
    {
        Draws draws = new(4);
        float[] reference = draws.Vectors(80, 4), current = draws.Vectors(70, 4, shift: 0.3);
        TwoSampleResult expected = SlicedWasserstein.Test(reference, current, 4, new() { Permutations = 999, Directions = 64, Seed = 1 });
        VectorDrift drift = VectorDrift.Compare(reference, current, 4, new() { Test = VectorTest.SlicedWasserstein });
        Assert.That((drift.Statistic, drift.PValue, drift.Effect), Is.EqualTo((expected.Statistic, expected.PValue, (double?)expected.Effect!.Value.Value)));
    }

    [Test]
    public void Rows_that_are_not_finite_are_left_out_and_counted([Values] VectorTest test)
    {
        Draws draws = new(5);
        float[] reference = draws.Vectors(120, 3), current = draws.Vectors(130, 3);
        VectorDriftOptions options = new() { Test = test, Permutations = 99 };
        VectorDrift clean = VectorDrift.Compare(reference, current, 3, options);
        VectorDrift drift = VectorDrift.Compare((float[])[float.NaN, 1, 2, .. reference], (float[])[.. current, 1, float.PositiveInfinity, 0, 1, 2, float.NaN], 3, options);
        Assert.That((drift.ReferenceRowsNotFinite, drift.CurrentRowsNotFinite, drift.ReferenceRows, drift.CurrentRows), Is.EqualTo((1L, 2L, 121L, 132L)));
        Assert.That((drift.PValue, drift.Statistic, drift.Verdict), Is.EqualTo((clean.PValue, clean.Statistic, clean.Verdict)));
    }

    [Test]
    public void Of_more_rows_a_sample_is_compared_and_said([Values] VectorTest test)
    {
        Draws draws = new(6);
        VectorDrift drift = VectorDrift.Compare(draws.Vectors(5_000, 2), Array.ConvertAll(draws.Vectors(300, 2), static value => 4 * value), 2, new() { Test = test, MaximumRows = 200, Permutations = 99 });
        Assert.That((drift.ReferenceRows, drift.ReferenceRowsCompared, drift.CurrentRowsCompared), Is.EqualTo((5_000L, 200, 200)));
        Assert.That(drift.Reason, Does.Contain("a sample of 200 and 200 rows"));
        Assert.That(drift.Verdict, Is.EqualTo(DriftVerdict.Drift));
    }

    [Test]
    public void A_hashed_sample_takes_every_item_equally_often_and_keeps_their_order()
    {
        int[] times = new int[40];
        for (int seed = 0; seed < 1_000; seed++)
        {
            int[] chosen = HashedSample.Of(40, 10, seed);
            Assert.That(chosen, Has.Length.EqualTo(10).And.Ordered.Ascending);
            foreach (int i in chosen)
                times[i]++;
        }

        Assert.That(times, Has.All.InRange(250 - 55, 250 + 55), "four binomial deviations");
        Assert.That(HashedSample.Of(3, 10, 1), Is.EqualTo([0, 1, 2]));
    }

    [Test]
    public void Few_rows_are_undecided_and_many_are_not([Values] VectorTest test)
    {
        Draws draws = new(16);
        VectorDriftOptions options = new() { Test = test, Permutations = 99 };
        VectorDrift few = VectorDrift.Compare(draws.Vectors(60, 3), draws.Vectors(60, 3), 3, options);
        VectorDrift many = VectorDrift.Compare(draws.Vectors(500, 3), draws.Vectors(500, 3), 3, options);
        Assert.That((few.Verdict, many.Verdict), Is.EqualTo((DriftVerdict.Undecided, DriftVerdict.NoDrift)), few.Reason + "; " + many.Reason);
        Assert.That(few.MinimumDetectableArea, Is.GreaterThan(0.6));
        Assert.That(many.MinimumDetectableArea, Is.LessThanOrEqualTo(0.6));
    }

    [Test]
    public void Rows_that_only_teach_find_nothing()
    {
        Draws draws = new(17);
        float[] reference = draws.Vectors(401, 2), current = draws.Vectors(301, 2);
        Assert.That(Area(VectorTest.ClassifierTwoSample), Is.EqualTo(MinimumDetectable.Area(201, 151, 0.05)));
        double distance = MinimumDetectable.Distance(201, 301, 0.05), shift = 2 * NormalDistribution.Quantile(0.5 * (1 + distance));
        Assert.That(Area(VectorTest.ReconstructionError)!.Value, Is.EqualTo(NormalDistribution.Cumulative(shift / Math.Sqrt(2))).Within(1e-12));
        Assert.That(Area(VectorTest.MaximumMeanDiscrepancy), Is.GreaterThan(Area(VectorTest.SlicedWasserstein)!.Value));
        Assert.That(Area(VectorTest.SlicedWasserstein), Is.GreaterThan(MinimumDetectable.Area(401, 301, 0.05)!.Value));

        double? Area(VectorTest test) => VectorDrift.Compare(reference, current, 2, new() { Test = test, Permutations = 19 }).MinimumDetectableArea;
    }

    [Test]
    public void Too_few_relabellings_are_undecided_only_where_there_are_any([Values] VectorTest test)
    {
        Draws draws = new(18);
        float[] reference = draws.Vectors(900, 1), current = draws.Vectors(900, 1);
        bool relabels = test is VectorTest.MaximumMeanDiscrepancy or VectorTest.SlicedWasserstein;
        VectorDrift few = VectorDrift.Compare(reference, current, 1, new() { Test = test, Permutations = 98, Alpha = 0.01 });
        Assert.That((few.Verdict, few.Reason.Contains("98 relabellings", StringComparison.Ordinal)), Is.EqualTo((relabels ? DriftVerdict.Undecided : DriftVerdict.NoDrift, relabels)), few.Reason);
        Assert.That(VectorDrift.Compare(reference, current, 1, new() { Test = test, Permutations = 99, Alpha = 0.01 }).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
    }

    [Test]
    public void P_values_of_the_classifier_are_uniform_on_both_sides_of_one_half()
    {
        const int Runs = 500;
        int[] fifths = new int[5];
        for (int run = 0; run < Runs; run++)
        {
            Draws draws = new(run);
            VectorDrift drift = VectorDrift.Compare(draws.Vectors(70, 2), draws.Vectors(80, 2), 2, new() { Test = VectorTest.ClassifierTwoSample });
            fifths[Math.Min(4, (int)(5 * drift.PValue!.Value))]++;
            if (Math.Abs(drift.Statistic!.Value - 0.5) > 0.01)
                Assert.That(drift.PValue < 0.5, Is.EqualTo(drift.Statistic > 0.5));
        }

        Assert.That(fifths, Has.All.InRange(100 - 32, 100 + 32), "3.6 binomial deviations");
    }

    [Test]
    public void A_shift_of_every_column_that_would_have_been_found_is_found(
        [Values(VectorTest.MaximumMeanDiscrepancy, VectorTest.SlicedWasserstein)] VectorTest test, [Values(1, 8, 64)] int columns, [Values(0.5, 1)] double common)
    {
        const int Runs = 80;
        int rows = test == VectorTest.SlicedWasserstein ? 170 : 260, found = 0;
        VectorDriftOptions options = new() { Test = test, Permutations = 59, Directions = 16 };
        for (int run = 0; run < Runs; run++)
        {
            Draws draws = new(run);
            double shift = Math.Sqrt(2) * NormalDistribution.Quantile(DetectableChange.Area(test, rows, rows, options.Alpha)!.Value);
            Assert.That(shift, Is.LessThan(0.3583), "the shift of an area of 0.6");
            found += VectorDrift.Compare(Factor(draws, rows, columns, common), Factor(draws, rows, columns, common, shift), columns, options).Verdict == DriftVerdict.Drift ? 1 : 0;
        }

        Assert.That(found, Is.GreaterThanOrEqualTo(0.75 * Runs));
        VectorDrift none = VectorDrift.Compare(Factor(new Draws(1), rows, columns, common), Factor(new Draws(2), rows, columns, common), columns, options);
        Assert.That(none.Verdict, Is.EqualTo(DriftVerdict.NoDrift), none.Reason);
        Assert.That(none.Reason, Does.Contain("a shift of every column by 0.35"));
    }

    [Test]
    public void An_area_of_the_classifier_that_would_have_been_found_is_found([Values(1, 8, 64)] int columns)
    {
        const int Runs = 100, Rows = 210;
        double detectable = MinimumDetectable.Area(Rows / 2, Rows / 2, 0.05)!.Value, area = 0;
        int found = 0;

        // The smallest shift for which what the classifier learns reaches the area.
        for (double shift = columns == 64 ? 0.4 : 0.34; area < detectable; shift += 0.02)
        {
            VectorDrift[] runs = [.. Enumerable.Range(0, Runs).Select(run => Compare(new Draws(run), shift))];
            area = runs.Average(static drift => drift.Statistic!.Value);
            found = runs.Count(static drift => drift.Verdict == DriftVerdict.Drift);
        }

        Assert.That(found, Is.GreaterThanOrEqualTo(75));
        Assert.That(Compare(new Draws(1), 0).Reason, Does.Contain("on the rows that did not teach the classifier would have been found"));

        VectorDrift Compare(Draws draws, double shift) => VectorDrift.Compare(
            Factor(draws, Rows, columns, 0.5), Factor(draws, Rows, columns, 0.5, shift), columns, new() { Test = VectorTest.ClassifierTwoSample });
    }

    [Test]
    public void A_distance_of_errors_that_would_have_been_found_is_found([Values(8, 32)] int columns)
    {
        const int Runs = 100, Rows = 480;
        VectorDriftOptions options = new() { Test = VectorTest.ReconstructionError };
        double detectable = MinimumDetectable.Distance(Rows / 2, Rows, 0.05), factor = columns == 8 ? 1.08 : 1.03, distance = 0;

        // The largest gap of so many rows is a little too large.
        while (distance < detectable + 0.008)
        {
            factor += 0.005;
            distance = Enumerable.Range(0, 4).Average(run => Wider(new Draws(~run), 2_000).Statistic!.Value);
        }

        int found = Enumerable.Range(0, Runs).Count(run => Wider(new Draws(run), Rows).Verdict == DriftVerdict.Drift);
        Assert.That(found, Is.GreaterThanOrEqualTo(75));

        VectorDrift Wider(Draws draws, int rows) =>
            VectorDrift.Compare(draws.Vectors(rows, columns), Array.ConvertAll(draws.Vectors(rows, columns), value => (float)(factor * value)), columns, options);
    }

    [Test]
    public void A_difference_below_the_floor_is_no_drift([Values] VectorTest test)
    {
        Draws draws = new(8);
        VectorDriftOptions options = new() { Test = test, EffectFloor = 1.9, Permutations = 99 };
        VectorDrift drift = VectorDrift.Compare(draws.Vectors(300, 3), Array.ConvertAll(draws.Vectors(300, 3), static value => 3 * value), 3, options);
        Assert.That(drift.Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        Assert.That(drift.Reason, Does.Contain("negligible"));
    }

    [Test]
    public void Degenerate_rows_have_a_verdict_and_a_reason([Values] VectorTest test)
    {
        VectorDriftOptions options = new() { Test = test, Permutations = 99 };
        float[] some = new Draws(9).Vectors(600, 2);
        VectorDrift empty = VectorDrift.Compare(ReadOnlyMemory<float>.Empty, some, 2, options);
        Assert.That((empty.Verdict, empty.PValue, empty.MinimumDetectableArea), Is.EqualTo((DriftVerdict.Undecided, (double?)null, (double?)null)));
        Assert.That(empty.Reason, Does.Contain("no finite row"));
        Assert.That(VectorDrift.Compare(some.AsMemory(0, 2), some.AsMemory(0, 2), 2, options).Verdict, Is.EqualTo(DriftVerdict.Undecided));
        VectorDrift constant = VectorDrift.Compare(new float[600], new float[600], 2, options);
        Assert.That(constant.Verdict, Is.EqualTo(test == VectorTest.ReconstructionError ? DriftVerdict.Undecided : DriftVerdict.NoDrift), constant.Reason);
        float[] oneConstant = [.. some.Select(static (value, i) => i % 2 == 0 ? value : 3)], likewise = [.. new Draws(10).Vectors(600, 2).Select(static (value, i) => i % 2 == 0 ? value : 3)];
        VectorDrift half = VectorDrift.Compare(oneConstant, likewise, 2, options);
        Assert.That(half.Verdict, Is.EqualTo(DriftVerdict.NoDrift), half.Reason);
        float[] moved = [.. likewise.Select(static (value, i) => i % 2 == 0 ? value : 6)];
        Assert.That(VectorDrift.Compare(oneConstant, moved, 2, options).Verdict, Is.EqualTo(DriftVerdict.Drift), "a constant column that moved");
    }

    [Test]
    public void Mistakes_are_refused()
    {
        float[] six = new float[6];
        Assert.That(() => VectorDrift.Compare(six, six, 4), Throws.ArgumentException.With.Message.Contains("whole number of rows of 4"));
        Assert.That(() => VectorDrift.Compare(six, new float[7], 3), Throws.ArgumentException.With.Property("ParamName").EqualTo("current"));
        Assert.That(() => VectorDrift.Compare(six, six, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        foreach (VectorDriftOptions options in (VectorDriftOptions[])
            [
                new() { Test = (VectorTest)9 }, new() { Alpha = 0 }, new() { EffectFloor = -1 }, new() { MaximumRows = 2_049 }, new() { MaterialArea = 0.5 }, new() { Permutations = 5 },
                new() { Directions = 0 }, new() { VarianceShare = 1 },
            ])
        {
            Assert.That(() => VectorDrift.Compare(six, six, 3, options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    /// <summary>Normal rows whose columns share one factor: <paramref name="common"/> is the correlation of any two.</summary>
    private static float[] Factor(Draws draws, int rows, int columns, double common, double shift = 0)
    {
        float[] values = new float[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            double factor = draws.Normal();
            for (int j = 0; j < columns; j++)
                values[(i * columns) + j] = (float)((Math.Sqrt(common) * factor) + (Math.Sqrt(1 - common) * draws.Normal()) + shift);
        }

        return values;
    }
}
