namespace Mlops.Statistics.Tests;

[Category("Kernels")]
internal sealed class EdgeGridTests
{
    private const int Batch = 2_500;

    [Test]
    public void A_batch_is_counted_as_value_by_value([Values(8, 16, 33, 100, 256, 300, 2_000)] int bins, [Values("equal", "quantiles")] string edges, [Values("normal", "discrete", "on the edges", "holes")] string data)
    {
        double[] sample = TestData.Normal(401, 20_000);
        BinEdges frozen = edges == "equal" ? BinEdges.FixedWidth(-3, 3, bins) : BinEdges.FromQuantiles(sample, bins);
        for (ulong seed = 500; seed < 505; seed++)
        {
            double[] batch = TestData.Normal(seed, Batch);
            for (int i = 0; i < batch.Length; i++)
            {
                double edge = frozen.Inner[i % frozen.Inner.Length];
                batch[i] = data switch
                {
                    "discrete" => Math.Round(batch[i] * 2) / 2,
                    "on the edges" => (i % 3) switch { 0 => edge, 1 => double.BitDecrement(edge), _ => double.BitIncrement(edge) },
                    "holes" when i % 1_100 == 7 => (i % 3) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => double.NegativeInfinity },
                    _ => i % 100 == 3 ? batch[i] * 1e300 : batch[i],
                };
            }

            Histogram whole = new(frozen), single = new(frozen);
            whole.Add(batch);
            foreach (double x in batch)
                single.Add(x);
            Same(whole, single);

            float[] narrow = TestData.ToSingle(batch);
            Histogram floats = new(frozen), wide = new(frozen);
            floats.Add(narrow);
            foreach (float x in narrow)
                wide.Add((double)x);
            Same(floats, wide);
        }
    }

    [Test]
    public void Values_next_to_zero_are_told_apart()
    {
        BinEdges edges = BinEdges.FixedWidth(-3, 3, 32);
        float[] batch = [.. Enumerable.Range(0, Batch).Select(i => (i % 4) switch { 0 => -float.Epsilon, 1 => -0f, 2 => 0f, _ => float.Epsilon })];
        Histogram histogram = new(edges);
        histogram.Add(batch);
        Assert.Multiple(() =>
        {
            Assert.That(histogram.Counts[edges.IndexOf(-1e-9)], Is.EqualTo(Batch / 4));
            Assert.That(histogram.Counts[edges.IndexOf(0)], Is.EqualTo(Batch / 4 * 3));
        });
    }

    [TestCase(1e-320)]
    [TestCase(1e-40)]
    [TestCase(1e38)]
    [TestCase(1e300)]
    public void Ranges_at_the_ends_of_the_type_are_counted(double scale)
    {
        BinEdges edges = BinEdges.FixedWidth(-scale, scale, 64);
        double[] batch = [.. TestData.Normal(406, Batch).Select(x => x * scale)];
        Histogram whole = new(edges), single = new(edges), floats = new(edges), wide = new(edges);
        whole.Add(batch);
        foreach (double x in batch)
            single.Add(x);
        Same(whole, single);
        floats.Add(TestData.ToSingle(batch));
        foreach (float x in TestData.ToSingle(batch))
            wide.Add((double)x);
        Same(floats, wide);
    }

    [Test]
    public void Uneven_edges_have_no_grid() => Assert.That(EdgeGrid<double>.Of([.. Enumerable.Range(0, 40).Select(i => Math.Pow(2, i))]), Is.Null);

    private static void Same(Histogram actual, Histogram expected)
    {
        Assert.That(actual.Counts.ToArray(), Is.EqualTo(expected.Counts.ToArray()));
        Assert.That((actual.NaNCount, actual.PositiveInfinityCount, actual.NegativeInfinityCount), Is.EqualTo((expected.NaNCount, expected.PositiveInfinityCount, expected.NegativeInfinityCount)));
    }
}
