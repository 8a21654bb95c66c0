using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class BlockSortTests
{
    [Test]
    public void Any_values_are_sorted() =>
        Gen.Double.Where(v => !double.IsNaN(v)).Array[0, 300].Sample(values => AssertSorted(values));

    [Test]
    public void Values_close_together_are_sorted() =>
        Gen.Select(Gen.Int[0, 60], Gen.Long[0, 1L << 60].Array[0, 300]).Sample((bits, steps) =>
            AssertSorted([.. steps.Select(s => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(300.25) + (s >> bits)))]));

    [Test]
    public void Values_crowded_into_one_place_are_left_to_the_full_sort()
    {
        double[] crowded = [.. TestData.Normal(81, 4_000, mean: 1e6, deviation: 1e-3), -1e300, 1e300];
        AssertSorted(crowded);
        AssertSorted([.. crowded.OrderDescending()]);
        AssertSorted([.. Enumerable.Range(0, 4_000).Select(i => (double)-i)]);
        AssertSorted(TestData.Draw(82, 4_000, "zero-inflated"));
    }

    private static void AssertSorted(double[] values)
    {
        double[] sorted = Array.ConvertAll(values, v => v + 0.0);
        double[] expected = [.. sorted.Order()];
        BlockSort.Sort(sorted);
        Assert.That(sorted.AsSpan().SequenceEqual(expected));
    }
}
