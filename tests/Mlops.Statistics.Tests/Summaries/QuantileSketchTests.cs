using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class QuantileSketchTests
{
    [Test]
    public void Quantiles_stay_within_the_promised_relative_error() =>
        Gen.Select(Gen.Double.Where(v => double.IsFinite(v) && (v == 0 || Math.Abs(v) > 1e-300)).Array[1, 200], Gen.Int[2, 12], Gen.Double[0, 1]).Sample((values, bits, q) =>
        {
            QuantileSketch sketch = new(bits);
            sketch.Add(values);
            double[] sorted = [.. values.Order()];
            double exact = sorted[(int)Math.Floor(q * (sorted.Length - 1))];
            Assert.That(sketch.Quantile(q)!.Value, Is.EqualTo(exact).Within(sketch.RelativeError * Math.Abs(exact)));
        });

    [Test]
    public void Merge_in_any_order_equals_one_sketch_of_everything() =>
        Gen.Double.Array[0, 300].Sample(values =>
        {
            QuantileSketch whole = new(), left = new(), right = new();
            whole.Add(values);
            left.Add(values.AsSpan(values.Length / 3));
            right.Add(values.AsSpan(0, values.Length / 3));
            left.Merge(right);
            return left.ToBytes().AsSpan().SequenceEqual(whole.ToBytes());
        });

    [Test]
    public void Bytes_restore_everything() =>
        Gen.Double.Array[0, 300].Sample(values =>
        {
            QuantileSketch sketch = new(9);
            sketch.Add(values);
            byte[] bytes = sketch.ToBytes();
            return QuantileSketch.FromBytes(bytes).ToBytes().AsSpan().SequenceEqual(bytes);
        });

    [Test]
    public void The_binary_form_of_version_one_stays_readable()
    {
        byte[] recorded = Convert.FromHexString(
            "4B53514D01020000" + "0100000000000000" + "0000000000000000" + "0000000000000000" + "0300000000000000"
            + "000000000000F0BF" + "0000000000000040" + "0300000000000000"
            + "07F0FFFF0100000000000000" + "000000000100000000000000" + "FD0F00000100000000000000");
        QuantileSketch sketch = QuantileSketch.FromBytes(recorded);

        Assert.That((sketch.Count, sketch.NaNCount, sketch.Min, sketch.Max), Is.EqualTo((3L, 1L, (double?)-1, (double?)2)));
        Assert.That((sketch.Quantile(0), sketch.Quantile(0.5), sketch.Quantile(1)), Is.EqualTo(((double?)-1, (double?)0, (double?)2)));
        Assert.That(sketch.ToBytes(), Is.EqualTo(recorded));
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        QuantileSketch sketch = new();
        sketch.Add([1, 2, 3]);
        byte[] good = sketch.ToBytes();
        byte[] count = [.. good];
        count[8 + 24]++;

        Assert.That(() => QuantileSketch.FromBytes(good.AsSpan(0, good.Length - 1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => QuantileSketch.FromBytes([]), Throws.InstanceOf<FormatException>());
        Assert.That(() => QuantileSketch.FromBytes(count), Throws.InstanceOf<FormatException>().With.Message.Contains("sum to 3"));
    }

    [Test]
    public void Values_that_are_not_finite_are_counted_apart()
    {
        QuantileSketch sketch = new();
        sketch.Add([double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, double.Epsilon]);

        Assert.That((sketch.Count, sketch.NaNCount, sketch.PositiveInfinityCount, sketch.NegativeInfinityCount), Is.EqualTo((2L, 1L, 1L, 1L)));
        Assert.That(sketch.Quantile(0.5), Is.Zero);
        Assert.That(new QuantileSketch().Quantile(0.5), Is.Null);
    }

    [Test]
    public void The_exact_distance_lies_within_the_bounds() =>
        Gen.Select(Gen.Double[-3, 3].Array[1, 80], Gen.Double[-3, 3].Array[1, 80]).Sample((x, y) =>
        {
            QuantileSketch a = new(2), b = new(2);
            a.Add(x);
            b.Add(y);
            (Int128 lower, Int128 upper) = QuantileSketch.DistanceBounds(a, b)!.Value;
            long exact = EcdfMerge.Compare(SampleSort.Sorted(x), SampleSort.Sorted(y)).Numerator;
            return lower <= exact && exact <= upper;
        });

    [Test]
    public void A_decisive_verdict_is_that_of_the_exact_test_and_most_are_decisive()
    {
        int undecided = 0;
        const int Runs = 300;
        for (ulong run = 0; run < Runs; run++)
        {
            double[] x = TestData.Draw((run * 2) + 1, 1_000, "lognormal"), y = Array.ConvertAll(TestData.Draw((run * 2) + 2, 1_000, "lognormal"), v => v * (1 + (0.001 * run)));
            QuantileSketch a = new(9), b = new(9);
            a.Add(x);
            b.Add(y);
            SketchTestResult sketched = KolmogorovSmirnov.Test(a, b);
            TwoSampleResult exact = KolmogorovSmirnov.Test(x, y);
            Assert.That(exact.PValue!.Value, Is.InRange(sketched.LowerPValue!.Value * (1 - 1e-9), sketched.UpperPValue!.Value * (1 + 1e-9)));
            undecided += sketched.Verdict == SketchVerdict.Undecided ? 1 : 0;
            if (sketched.Verdict != SketchVerdict.Undecided)
                Assert.That(sketched.Verdict == SketchVerdict.Significant, Is.EqualTo(exact.IsSignificant(0.05)));
        }

        Assert.That(undecided, Is.LessThanOrEqualTo(0.2 * Runs));
    }

    [Test]
    public void Empty_sketches_and_other_precisions_are_told_apart()
    {
        Assert.That(KolmogorovSmirnov.Test(new QuantileSketch(), new QuantileSketch()).Verdict, Is.EqualTo(SketchVerdict.NotComputable));
        Assert.That(() => new QuantileSketch(7).Merge(new QuantileSketch(8)), Throws.ArgumentException);
        Assert.That(() => KolmogorovSmirnov.Test(new QuantileSketch(7), new QuantileSketch(8)), Throws.ArgumentException);
    }

    [Test]
    public void Merged_sketches_keep_what_is_no_number_apart()
    {
        QuantileSketch a = new(), b = new();
        a.Add([1, double.NaN, double.PositiveInfinity]);
        b.Add([2, double.NaN, double.NaN, double.NegativeInfinity]);
        a.Merge(b);
        Assert.That((a.Count, a.NaNCount, a.PositiveInfinityCount, a.NegativeInfinityCount), Is.EqualTo((2L, 3L, 1L, 1L)));
    }

    /// <summary>Two merged fleets of 8 589 934 592 values a side: products of their counts exceed 64 bits.</summary>
    [Test]
    public void Bounds_hold_for_more_values_than_long_products_can_count()
    {
        QuantileSketch x = new(), y = new();
        x.Add([1, 1, 1, 2]);
        y.Add([1, 1, 2, 2]);
        for (int doubling = 0; doubling < 31; doubling++)
        {
            x.Merge(QuantileSketch.FromBytes(x.ToBytes()));
            y.Merge(QuantileSketch.FromBytes(y.ToBytes()));
        }

        SketchTestResult result = KolmogorovSmirnov.Test(x, y);
        Assert.That((x.Count, result.Verdict), Is.EqualTo((8_589_934_592L, SketchVerdict.Significant)));
        Assert.That(result.LowerStatistic, Is.EqualTo(0.25).Within(1e-12));
    }

    [Test]
    public void A_straddling_interval_is_undecided()
    {
        // Two bits of precision: between 1 and 1.25 the order of the values is lost, and with it the verdict.
        QuantileSketch x = new(2), y = new(2);
        x.Add([.. Enumerable.Range(0, 40).Select(static i => 1 + (i / 200.0))]);
        y.Add([.. Enumerable.Range(0, 40).Select(static i => 1.2 - (i / 400.0))]);
        SketchTestResult result = KolmogorovSmirnov.Test(x, y);
        Assert.That((result.Verdict, result.LowerPValue < 0.05, result.UpperPValue > 0.05), Is.EqualTo((SketchVerdict.Undecided, true, true)));
    }

    [Test]
    public void Bytes_that_contradict_themselves_are_refused()
    {
        QuantileSketch sketch = new();
        sketch.Add([1, 2, 3]);
        byte[] good = sketch.ToBytes();
        foreach ((int at, byte[] value) in new (int, byte[])[]
        {
            (8 + 32, BitConverter.GetBytes(5.0)), (8 + 32, BitConverter.GetBytes(double.NaN)), (8 + 40, BitConverter.GetBytes(double.PositiveInfinity)),
            (8 + 56, BitConverter.GetBytes(int.MinValue)), (8 + 60, BitConverter.GetBytes(long.MaxValue)),
        })
        {
            byte[] damaged = [.. good];
            value.CopyTo(damaged, at);
            Assert.Throws<FormatException>(() => QuantileSketch.FromBytes(damaged), $"at {at}");
        }
    }
}
