using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class RadixSortTests
{
    [Test]
    public void Sorts_any_doubles_as_the_runtime_does() =>
        Gen.Double.Where(v => !double.IsNaN(v)).Array[0, 700].Sample(values =>
        {
            double[] expected = [.. values.Select(v => v + 0.0)], actual = (double[])expected.Clone();
            Array.Sort(expected);
            RadixSort.Sort(actual);
            return expected.AsSpan().SequenceEqual(actual);
        }, iter: 500);

    [Test]
    public void Sorts_any_floats_as_the_runtime_does() =>
        Gen.Float.Where(v => !float.IsNaN(v)).Array[0, 700].Sample(values =>
        {
            float[] expected = [.. values.Select(v => v + 0.0f)], actual = (float[])expected.Clone();
            Array.Sort(expected);
            RadixSort.Sort(actual);
            return expected.AsSpan().SequenceEqual(actual);
        }, iter: 500);

    [TestCase(2, 300)]
    [TestCase(20, 3_000)]
    [TestCase(300, 9_000)]
    [TestCase(9_000, 20_000)]
    [TestCase(20_000, 20_000)]
    public void Runs_that_agree_in_the_upper_bits_are_sorted_by_the_lower(int run, int length)
    {
        SplitMix64 random = new(22);
        double[] values = new double[length];
        for (int i = 0; i < length; i++)
            values[i] = (i % 2 == 0 ? 1 : -1) * BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(1 + (i / run)) + random.NextInt(1 << 30));
        random.Shuffle(values);
        double[] expected = [.. values.Order()];
        RadixSort.Sort(values);

        Assert.That(values, Is.EqualTo(expected));
    }

    [Test]
    public void Every_length_around_the_switch_is_sorted()
    {
        double[] buffer = TestData.Draw(21, 600, "discrete50");
        for (int length = 0; length <= 600; length++)
        {
            double[] actual = buffer[..length], expected = buffer[..length];
            RadixSort.Sort(actual);
            Array.Sort(expected);
            Assert.That(actual, Is.EqualTo(expected));
        }
    }

    [Test]
    public void Infinities_subnormals_and_signs_take_their_places()
    {
        double[] values = [.. Enumerable.Range(0, 300).Select(i => (i % 6) switch
        {
            0 => double.PositiveInfinity,
            1 => double.NegativeInfinity,
            2 => double.Epsilon,
            3 => -double.Epsilon,
            4 => double.MaxValue,
            _ => -double.MaxValue,
        })];
        double[] expected = [.. values.Order()];
        float[] single = TestData.ToSingle(values);
        RadixSort.Sort(values);
        RadixSort.Sort(single);

        Assert.That(values, Is.EqualTo(expected));
        Assert.That(single, Is.EqualTo(TestData.ToSingle(expected)));
    }

    [Test]
    public void A_constant_needs_no_pass_and_stays()
    {
        double[] values = Enumerable.Repeat(-2.5, 1_000).ToArray();
        RadixSort.Sort(values);

        Assert.That(values, Is.All.EqualTo(-2.5));
    }
}
