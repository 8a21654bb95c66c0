using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class HistogramTests
{
    private static readonly int[] EdgeCounts = [0, 1, 2, 9, 15, 16, 31, 32, 49, 63, 64, 200];

    [Test]
    public void Counts_equal_the_definition_at_every_length_and_edge_count()
    {
        double[] buffer = TestData.Normal(31, 2_600);
        buffer[3] = double.NaN;
        buffer[64] = double.PositiveInfinity;
        buffer[65] = double.NegativeInfinity;
        buffer[100] = -0.0;
        foreach (int edgeCount in EdgeCounts)
        {
            double[] edges = [.. Enumerable.Range(0, edgeCount).Select(i => -2 + (4.0 * i / int.Max(1, edgeCount)))];
            BinEdges frozen = BinEdges.FromInner(edges);
            foreach (int length in Enumerable.Range(0, 258).Append(1_023).Append(1_024).Append(2_049).Append(2_600))
                AssertCounts(frozen, buffer.AsSpan(length % 7 == 0 && length < 258 ? 5 : 0, length));
        }
    }

    [Test]
    public void Values_on_an_edge_belong_to_the_bin_above_it_in_both_precisions()
    {
        // 0.1 is no float: its nearest float lies above it, that of 0.7 below.
        BinEdges edges = BinEdges.FromInner(0.1, 0.7, 1);
        Histogram histogram = new(edges);
        histogram.Add([0.1, 0.7, 1.0, Math.BitDecrement(0.1)]);
        Assert.That(histogram.Counts.ToArray(), Is.EqualTo(new long[] { 1, 1, 1, 1 }));

        Histogram single = new(edges);
        single.Add([0.1f, 0.7f, 1f]);
        Assert.That(single.Counts.ToArray(), Is.EqualTo(new long[] { 0, 2, 0, 1 }), "0.7f is below 0.7");
    }

    [TestCase(24)]
    [TestCase(100)]
    [TestCase(1_000)]
    public void Uneven_edges_and_values_on_them_are_counted_alike_in_every_way(int bins)
    {
        foreach (string law in (string[])["normal", "lognormal", "pareto"])
        {
            double[] sample = TestData.Draw(36, 20_000, law);
            BinEdges edges = BinEdges.FromQuantiles(sample, bins);
            double[] values = [.. sample.AsSpan(0, 4_000), .. edges.Inner, .. edges.Inner.ToArray().Select(Math.BitDecrement), double.MaxValue, double.MinValue, double.NaN];
            Histogram batch = new(edges), single = new(edges);
            batch.Add(values);
            foreach (double value in values)
                single.Add(value);

            Assert.That(batch.Counts.ToArray(), Is.EqualTo(single.Counts.ToArray()), law);
            Assert.That(batch.NaNCount, Is.EqualTo(1));
        }
    }

    [Test]
    public void Merge_of_parts_equals_the_whole_in_any_order() =>
        Gen.Select(Gen.Double[-5, 5].Array[0, 300], Gen.Int[0, 300]).Sample((values, cut) =>
        {
            cut = int.Min(cut, values.Length);
            BinEdges edges = BinEdges.FixedWidth(-3, 3, 20);
            Histogram whole = new(edges), left = new(edges), right = new(edges);
            whole.Add(values);
            left.Add(values.AsSpan(cut));
            right.Add(values.AsSpan(0, cut));
            left.Merge(right);
            return whole.Counts.SequenceEqual(left.Counts);
        });

    [Test]
    public void Merge_refuses_other_edges() =>
        Assert.That(
            () => new Histogram(BinEdges.FromInner(1)).Merge(new Histogram(BinEdges.FromInner(2))),
            Throws.ArgumentException);

    [Test]
    public void Quantile_bins_hold_equal_shares_of_their_sample()
    {
        double[] values = TestData.Draw(32, 10_000, "pareto");
        Histogram histogram = new(BinEdges.FromQuantiles(values, 10));
        histogram.Add(values);

        Assert.That(histogram.Counts.ToArray(), Is.All.InRange(999, 1001));
    }

    [Test]
    public void Tied_quantiles_are_kept_once()
    {
        Assert.That(BinEdges.FromQuantiles(TestData.Draw(33, 1_000, "zero-inflated"), 10).BinCount, Is.InRange(4, 6));
        Assert.That(BinEdges.FromQuantiles([7.0, 7.0, 7.0], 10).Inner.ToArray(), Is.EqualTo(new[] { 7.0 }));
        Assert.That(BinEdges.FromQuantiles([double.NaN, double.PositiveInfinity], 10).BinCount, Is.EqualTo(1));
    }

    [Test]
    public void Fixed_width_bins_have_an_open_bin_on_either_side()
    {
        Histogram histogram = new(BinEdges.FixedWidth(0, 10, 5));
        histogram.Add([-1, 0, 1.9, 2, 9.9, 10, 11, double.NaN]);

        Assert.That(histogram.Counts.ToArray(), Is.EqualTo(new long[] { 1, 2, 1, 0, 0, 1, 2 }));
        Assert.That((histogram.NaNCount, histogram.FiniteCount, histogram.TotalCount), Is.EqualTo((1L, 7L, 8L)));
    }

    [Test]
    public void Bytes_restore_every_count()
    {
        Histogram histogram = new(BinEdges.FromQuantiles(TestData.Normal(34, 500), 20));
        histogram.Add([.. TestData.Normal(35, 777), double.NaN, double.PositiveInfinity]);
        Histogram restored = Histogram.FromBytes(histogram.ToBytes());

        Assert.That(restored.Edges, Is.EqualTo(histogram.Edges));
        Assert.That(restored.Counts.ToArray(), Is.EqualTo(histogram.Counts.ToArray()));
        Assert.That((restored.NaNCount, restored.PositiveInfinityCount), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public void The_binary_form_of_version_one_stays_readable()
    {
        byte[] recorded = Convert.FromHexString(
            "4253484D01000000" + "01000000" + "000000000000F03F" + "0200000000000000" + "0000000000000000" + "0000000000000000" + "0300000000000000" + "0400000000000000");
        Histogram histogram = Histogram.FromBytes(recorded);

        Assert.That(histogram.Edges.Inner.ToArray(), Is.EqualTo(new[] { 1.0 }));
        Assert.That(histogram.Counts.ToArray(), Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(histogram.NaNCount, Is.EqualTo(2));
        Assert.That(histogram.ToBytes(), Is.EqualTo(recorded));
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        byte[] good = new Histogram(BinEdges.FromInner(1, 2)).ToBytes();
        byte[] version = [.. good];
        version[4] = 9;

        Assert.That(() => Histogram.FromBytes(good.AsSpan(1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => Histogram.FromBytes(good.AsSpan(0, good.Length - 1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => Histogram.FromBytes(version), Throws.InstanceOf<FormatException>().With.Message.Contains("version 9"));
    }

    [Test]
    public void Edges_must_be_finite_and_ascend()
    {
        Assert.That(() => BinEdges.FromInner(1, 1), Throws.ArgumentException);
        Assert.That(() => BinEdges.FromInner(double.NaN), Throws.ArgumentException);
        Assert.That(() => BinEdges.FixedWidth(1, 1, 3), Throws.ArgumentException);
        Assert.That(() => BinEdges.FixedWidth(1, Math.BitIncrement(1), 3), Throws.ArgumentException);
    }

    private static void AssertCounts(BinEdges edges, ReadOnlySpan<double> values)
    {
        long[] expected = new long[edges.BinCount], expectedSingle = new long[edges.BinCount];
        float[] narrow = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            narrow[i] = (float)values[i];
            if (!double.IsFinite(values[i]))
                continue;
            int bin = 0, binSingle = 0;
            foreach (double edge in edges.Inner)
            {
                bin += edge <= values[i] ? 1 : 0;
                binSingle += edge <= narrow[i] ? 1 : 0;
            }

            expected[bin]++;
            expectedSingle[binSingle]++;
        }

        Histogram histogram = new(edges), single = new(edges), one = new(edges);
        histogram.Add(values);
        single.Add(narrow);
        foreach (double v in values)
            one.Add(v);
        Assert.That(histogram.Counts.ToArray(), Is.EqualTo(expected));
        Assert.That(single.Counts.ToArray(), Is.EqualTo(expectedSingle));
        Assert.That(one.Counts.ToArray(), Is.EqualTo(expected));
        Assert.That(histogram.TotalCount, Is.EqualTo(values.Length));
        Assert.That((single.NaNCount, single.PositiveInfinityCount), Is.EqualTo((histogram.NaNCount, histogram.PositiveInfinityCount)));
    }
}
