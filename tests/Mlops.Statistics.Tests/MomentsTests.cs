using System.Numerics;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class MomentsTests
{
    [Test]
    public void Agree_with_the_textbook_sums_at_every_length()
    {
        double[] buffer = TestData.Normal(11, 300, 2, 3);
        for (int length = 1; length <= 257; length++)
        {
            double[] values = buffer[..length];
            Moments moments = Moments.Of(values);
            double mean = values.Average();
            double m2 = values.Sum(v => (v - mean) * (v - mean)), m3 = values.Sum(v => Math.Pow(v - mean, 3)), m4 = values.Sum(v => Math.Pow(v - mean, 4));

            Assert.That(moments.Count, Is.EqualTo(length));
            Assert.That(moments.Mean, Is.EqualTo(mean).Within(1e-13));
            Assert.That(moments.M2, Is.EqualTo(m2).Within(1e-12 * double.Max(1, m2)));
            Assert.That(moments.M3, Is.EqualTo(m3).Within(1e-11 * double.Max(1, m4)));
            Assert.That(moments.M4, Is.EqualTo(m4).Within(1e-12 * double.Max(1, m4)));
            Assert.That((moments.Min, moments.Max), Is.EqualTo((values.Min(), values.Max())));
        }
    }

    [TestCase(0.0)]
    [TestCase(1e9)]
    [TestCase(1e12)]
    public void Variance_keeps_thirteen_digits_on_a_large_offset(double offset)
    {
        double[] values = TestData.Normal(12, 20_000, offset);

        Assert.That(Moments.Of(values).Variance!.Value, Is.EqualTo(ExactVariance(values)).Within(1e-13 * ExactVariance(values)));
    }

    [Test]
    public void An_outlier_in_front_does_not_cost_digits()
    {
        double[] values = TestData.Normal(13, 10_000);
        values[0] = 1e12;
        double expected = ExactVariance(values);

        Assert.That(Moments.Of(values).Variance!.Value, Is.EqualTo(expected).Within(1e-13 * expected));
    }

    [Test]
    public void A_late_level_shift_does_not_cost_digits()
    {
        double[] values = [.. TestData.Normal(14, 5_000), .. TestData.Normal(15, 5_000, 1e9)];
        double expected = ExactVariance(values);

        Assert.That(Moments.Of(values).Variance!.Value, Is.EqualTo(expected).Within(1e-13 * expected));
    }

    [Test]
    public void Merge_of_parts_equals_the_whole([Values(0.0, 1e9)] double offset)
    {
        double[] values = TestData.Normal(16, 9_001, offset);
        values[17] = double.NaN;
        values[4_000] = double.NegativeInfinity;
        Moments whole = Moments.Of(values);
        Moments merged = default;
        for (int start = 0; start < values.Length; start += 1_234)
            merged = merged.Merge(Moments.Of(values.AsSpan(start, int.Min(1_234, values.Length - start))));

        Assert.That((merged.Count, merged.NaNCount, merged.NegativeInfinityCount), Is.EqualTo((whole.Count, 1L, 1L)));
        Assert.That((merged.Min, merged.Max), Is.EqualTo((whole.Min, whole.Max)));
        Assert.That(merged.Mean!.Value, Is.EqualTo(whole.Mean!.Value).Within(1e-15 * double.Max(1, offset)));
        Assert.That(merged.Variance!.Value, Is.EqualTo(whole.Variance!.Value).Within(1e-13));
        Assert.That(merged.Skewness!.Value, Is.EqualTo(whole.Skewness!.Value).Within(1e-12));
        Assert.That(merged.Kurtosis!.Value, Is.EqualTo(whole.Kurtosis!.Value).Within(1e-12));
    }

    [Test]
    public void Merge_across_distant_pivots_keeps_the_variance()
    {
        double[] low = TestData.Normal(17, 3_000), high = TestData.Normal(18, 3_000, 1e12);
        double expected = ExactVariance([.. low, .. high]);

        Assert.That(Moments.Of(low).Merge(Moments.Of(high)).Variance!.Value, Is.EqualTo(expected).Within(1e-13 * expected));
        Assert.That(Moments.Of(high).Merge(Moments.Of(low)).Variance!.Value, Is.EqualTo(expected).Within(1e-13 * expected));
    }

    [Test]
    public void Values_that_are_not_finite_are_counted_apart()
    {
        Moments moments = Moments.Of([1.0, double.NaN, 3.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN]);

        Assert.That((moments.Count, moments.NaNCount, moments.PositiveInfinityCount, moments.NegativeInfinityCount), Is.EqualTo((2L, 2L, 1L, 1L)));
        Assert.That((moments.Mean, moments.Variance, moments.TotalCount), Is.EqualTo((2.0, 2.0, 6L)));
    }

    [Test]
    public void What_is_undefined_is_null()
    {
        Moments empty = Moments.Of(ReadOnlySpan<double>.Empty), nan = Moments.Of([float.NaN]), one = Moments.Of([5.0]), constant = Moments.Of([5.0, 5.0, 5.0]);

        Assert.That((empty.Mean, empty.Min, empty.Variance), Is.EqualTo(((double?)null, (double?)null, (double?)null)));
        Assert.That((nan.Mean, nan.NaNCount), Is.EqualTo(((double?)null, 1L)));
        Assert.That((one.Mean, one.Variance, one.PopulationVariance), Is.EqualTo(((double?)5.0, (double?)null, (double?)0.0)));
        Assert.That((constant.Variance, constant.Skewness, constant.Kurtosis), Is.EqualTo(((double?)0.0, (double?)null, (double?)null)));
    }

    [Test]
    public void Overflow_is_null_instead_of_infinite()
    {
        Moments moments = Moments.Of([1e300, -1e300, 1e300]);

        Assert.That((moments.Min, moments.Max, moments.Variance, moments.Kurtosis), Is.EqualTo((-1e300, 1e300, (double?)null, (double?)null)));
    }

    [Test]
    public void Negative_zero_and_subnormals_are_ordinary_values()
    {
        Moments moments = Moments.Of([-0.0, double.Epsilon, -double.Epsilon]);

        Assert.That((moments.Min, moments.Max, moments.Count), Is.EqualTo((-double.Epsilon, double.Epsilon, 3L)));
        Assert.That(double.IsNegative(Moments.Of([-0.0]).Min!.Value), Is.False);
    }

    [Test]
    public void A_state_restores_every_bit()
    {
        Moments moments = Moments.Of(TestData.Normal(19, 100));

        Assert.That(Moments.FromState(moments.ToState()), Is.EqualTo(moments));
    }

    /// <summary>Exact sums of integers: every double is an integer times a power of two.</summary>
    private static double ExactVariance(double[] values)
    {
        const int Scale = 60;
        BigInteger sum = 0, squares = 0;
        foreach (double v in values)
        {
            BigInteger scaled = ToScaled(v, Scale);
            sum += scaled;
            squares += scaled * scaled;
        }

        BigInteger n = values.Length;
        BigInteger numerator = (n * squares) - (sum * sum);
        BigInteger denominator = n * (n - 1);
        return (double)((numerator << 64) / denominator) * Math.ScaleB(1, (-2 * Scale) - 64);
    }

    private static BigInteger ToScaled(double value, int scale)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        long mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | 0x10_0000_0000_0000;
        int exponent = (int)((bits >> 52) & 0x7FF) - 1075 + scale;
        BigInteger magnitude = exponent >= 0 ? (BigInteger)mantissa << exponent : (BigInteger)mantissa >> -exponent;
        return value < 0 ? -magnitude : magnitude;
    }
}
