using System.Security.Cryptography;
using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class KllSketchTests
{
    [TestCase("normal", 64), TestCase("lognormal", 200), TestCase("discrete50", 64), TestCase("zero-inflated", 16), TestCase("ascending", 64), TestCase("ascending", 512)]
    public void The_rank_error_holds_for_all_ranks_at_once(string law, int k)
    {
        const int Runs = 60, Count = 60_000;
        const double Delta = 0.2;
        double[] values = law == "ascending" ? [.. Enumerable.Range(0, Count).Select(i => (double)i)] : TestData.Draw(71, Count, law);
        double[] sorted = SampleSort.Sorted(values);
        int exceeded = 0;
        double largest = 0, bound = 0;
        for (int run = 0; run < Runs; run++)
        {
            KllSketch sketch = new(k, (ulong)run);
            sketch.Add(values);
            double error = SupremumError(sketch, sorted);
            bound = sketch.RankError(Delta);
            exceeded += error > bound ? 1 : 0;
            largest = double.Max(largest, error);
        }

        Assert.That(exceeded, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, Delta)));
        if (law is not ("zero-inflated" or "discrete50"))
            Assert.That(largest, Is.GreaterThan(bound / 4), "a bound four times too wide would say nothing");
    }

    [Test]
    public void Ranks_are_unbiased_and_their_variance_is_below_its_bound()
    {
        const int Runs = 1_000, Count = 20_000;
        double[] values = TestData.Normal(72, Count);
        double exact = values.Count(v => v <= 0.1), sum = 0, squares = 0, bound = 0;
        for (int run = 0; run < Runs; run++)
        {
            KllSketch sketch = new(32, (ulong)run);
            sketch.Add(values);
            double error = (sketch.Rank(0.1)!.Value * Count) - exact;
            sum += error;
            squares += error * error;
            bound = Math.Pow(sketch.Sigma * Count, 2);
        }

        Assert.That(Math.Abs(sum / Runs), Is.LessThanOrEqualTo(3.3 * Math.Sqrt(squares) / Runs));
        Assert.That(squares / Runs, Is.InRange(bound / 10, bound));
    }

    [TestCase(0ul), TestCase(1ul)]
    public void Merged_parts_keep_their_rank_error(ulong seedStep)
    {
        const int Trees = 40, Parts = 24;
        int exceeded = 0;
        for (ulong tree = 0; tree < Trees; tree++)
        {
            SplitMix64 random = new(tree);
            List<KllSketch> sketches = [];
            List<double> all = [];
            for (int part = 0; part < Parts; part++)
            {
                double[] values = TestData.Normal((tree * 100) + (ulong)part, 500 + random.NextInt(6_000), mean: part % 3);
                KllSketch sketch = new(64, (ulong)part * seedStep);
                sketch.Add(values);
                sketches.Add(sketch);
                all.AddRange(values);
            }

            while (sketches.Count > 1)
            {
                KllSketch other = sketches[^1];
                sketches.RemoveAt(sketches.Count - 1);
                sketches[random.NextInt(sketches.Count)].Merge(other);
            }

            Assert.That(sketches[0].Count, Is.EqualTo(all.Count));
            Assert.That((sketches[0].Min, sketches[0].Max), Is.EqualTo(((double?)all.Min(), (double?)all.Max())));
            exceeded += SupremumError(sketches[0], [.. all.Order()]) > sketches[0].RankError(0.2) ? 1 : 0;
        }

        Assert.That(exceeded, Is.LessThanOrEqualTo(TestData.UpperLimit(Trees, 0.2)));
    }

    [Test]
    public void A_sketch_that_holds_every_value_is_exact() =>
        Gen.Select(Gen.Double[-5, 5].Array[1, 500], Gen.Double[0, 1], Gen.Double[-6, 6], Gen.Int[0, 500]).Sample((values, q, x, cut) =>
        {
            cut = int.Min(cut, values.Length);
            KllSketch sketch = new(8), other = new(8);
            sketch.Add(values.AsSpan(0, cut));
            other.Add(values.AsSpan(cut));
            sketch.Merge(other);
            double[] sorted = [.. values.Order()];
            Assert.That(sketch.RankError(), Is.Zero);
            Assert.That(sketch.Rank(x), Is.EqualTo((double)values.Count(v => v <= x) / values.Length));
            Assert.That(sketch.Quantile(q), Is.EqualTo(sorted[(int)Math.Floor(q * (sorted.Length - 1))]));
        });

    [Test]
    public void Quantiles_are_within_the_rank_error()
    {
        double[] values = TestData.Draw(73, 200_000, "pareto"), sorted = SampleSort.Sorted(values);
        KllSketch sketch = new();
        sketch.Add(values);
        double error = sketch.RankError(0.001) + (1.0 / values.Length);
        for (double q = 0; q <= 1; q += 1.0 / 64)
        {
            double rank = (double)(~Array.BinarySearch(sorted, Math.BitIncrement(sketch.Quantile(q)!.Value)) is int at && at >= 0 ? at : 0) / values.Length;
            Assert.That(rank, Is.EqualTo(q).Within(error));
        }

        Assert.That(sketch.RetainedCount, Is.LessThan(2_048 + (3 * 512) + 100));
    }

    [Test]
    public void Counting_replays_the_compactions_and_sigma_keeps_its_limit()
    {
        double[] values = TestData.Normal(74, 300_000);
        foreach (int k in (int[])[8, 63, 200, 512, 3_001])
        {
            KllSketch sketch = new(k);
            foreach (double[] part in values.Chunk(25_000))
            {
                sketch.Add(part);
                Assert.That(KllError.Sigma(k, sketch.Count), Is.EqualTo(sketch.Sigma).Within(1e-15), $"k = {k}, n = {sketch.Count}");
            }

            for (long n = 2_048; n < 40_000_000; n += 1 + (n / 7))
                Assert.That(KllError.Sigma(k, n), Is.LessThanOrEqualTo(1.92 / k), $"k = {k}, n = {n}");
        }
    }

    [Test]
    public void A_restored_sketch_goes_on_as_the_original() =>
        Gen.Select(Gen.Int[0, 30_000], Gen.Int[0, 5_000], Gen.Int[8, 300], Gen.ULong).Sample(
            (count, more, k, seed) =>
            {
                KllSketch sketch = new(k, seed);
                sketch.Add(TestData.Normal(seed, count));
                sketch.Add([double.NaN, double.NegativeInfinity]);
                byte[] bytes = sketch.ToBytes();
                KllSketch restored = KllSketch.FromBytes(bytes);
                Assert.That(restored.ToBytes(), Is.EqualTo(bytes));
                double[] rest = TestData.Normal(seed + 1, more);
                sketch.Add(rest);
                restored.Add(rest);
                Assert.That(restored.ToBytes(), Is.EqualTo(sketch.ToBytes()));
                Assert.That(restored.RankError(), Is.EqualTo(sketch.RankError()));
            },
            iter: 60);

    [Test]
    public void The_binary_form_of_version_one_stays_readable()
    {
        byte[] recorded = Convert.FromHexString(
            "4C4C4B4D01000000" + "08000000" + "01000000"
            + "0100000000000000" + "0000000000000000" + "0000000000000000" + "0500000000000000"
            + "000000000000F0BF" + "0000000000001040" + "000000000000F03F" + "0700000000000000" + "0100000000000000" + "0100000000000000"
            + "01000000" + "02000000" + "0000000000001040" + "000000000000F0BF" + "0000000000000040");
        KllSketch sketch = KllSketch.FromBytes(recorded);

        Assert.That((sketch.Count, sketch.NaNCount, sketch.Min, sketch.Max, sketch.K), Is.EqualTo((5L, 1L, (double?)-1, (double?)4, 8)));
        Assert.That((sketch.Quantile(0), sketch.Quantile(0.5), sketch.Quantile(1), sketch.Rank(2)), Is.EqualTo(((double?)-1, (double?)2, (double?)4, (double?)0.8)));
        Assert.That(sketch.RankError(0.5), Is.InRange(0.2, 1));
        Assert.That(sketch.ToBytes(), Is.EqualTo(recorded));
    }

    [Test]
    public void Equal_input_gives_the_recorded_bytes_on_every_machine()
    {
        KllSketch sketch = new(100, seed: 9);
        SplitMix64 random = new(75);
        for (int i = 0; i < 100_000; i++)
            sketch.Add(random.NextDouble());
        Assert.That(Convert.ToHexString(SHA256.HashData(sketch.ToBytes())), Does.StartWith("82421C8B0FEBECCB320809488282E974"));
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        KllSketch sketch = new(8);
        sketch.Add([.. Enumerable.Range(0, 5_000).Select(i => (double)i)]);
        byte[] good = sketch.ToBytes();
        int top = good[12];
        foreach ((int at, byte value, string message) in ((int, byte, string)[])[
            (0, 0, "do not start"), (4, 2, "version 2"), (5, 1, "reserved"), (8, 7, "k = 7"), (11, 255, "k = -"), (12, 200, "200 levels"),
            (23, 255, "negative count"), (41, 99, "header says"), (55, 127, "extremes"), (63, 255, "extremes"), (71, 255, "variance"), (87, 255, "coin"), (95, 255, "coin"), (99, 255, "Level 0"), (96, 9, "header says")])
        {
            byte[] bad = [.. good];
            bad[at] = value;
            Assert.That(() => KllSketch.FromBytes(bad), Throws.InstanceOf<FormatException>().With.Message.Contains(message), $"byte {at}");
        }

        byte[] infinite = [.. good];
        BitConverter.TryWriteBytes(infinite.AsSpan(48), double.NegativeInfinity);
        Assert.That(() => KllSketch.FromBytes(infinite), Throws.InstanceOf<FormatException>().With.Message.Contains("extremes"));
        byte[] disorder = [.. good];
        disorder.AsSpan(good.Length - 8).CopyTo(disorder.AsSpan(16 + 80 + ((top + 1) * 4) + (sketch.RetainedCount * 8) - 24));
        Assert.That(() => KllSketch.FromBytes(disorder), Throws.InstanceOf<FormatException>().With.Message.Contains("not in order"));
        for (int length = 0; length < good.Length; length += length < 200 ? 1 : 97)
            Assert.That(() => KllSketch.FromBytes(good.AsSpan(0, length)), Throws.InstanceOf<FormatException>());
        Assert.That(() => KllSketch.FromBytes([.. good, 0]), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void Any_damaged_byte_is_read_as_a_sound_sketch_or_refused() =>
        Gen.Select(Gen.Int[0, 9_000], Gen.Int[8, 40], Gen.Int[0, 200], Gen.Byte).Sample((count, k, at, value) =>
        {
            KllSketch sketch = new(k);
            sketch.Add(TestData.Normal((ulong)k, count));
            byte[] bytes = sketch.ToBytes();
            bytes[at % bytes.Length] = value;
            try
            {
                KllSketch read = KllSketch.FromBytes(bytes);
                read.Add(TestData.Normal(1, 5_000));
                Assert.That(read.Weighted().Weights.Sum(), Is.EqualTo(read.Count));
                Assert.That(read.RankError(), Is.InRange(0, 1));
            }
            catch (FormatException)
            {
                // Refused, which is the other half of the promise.
            }
        });

    [Test]
    public void Values_that_are_not_finite_are_counted_apart()
    {
        KllSketch sketch = new();
        sketch.Add([double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, 1]);
        sketch.Add([float.NaN, 2f]);

        Assert.That((sketch.Count, sketch.NaNCount, sketch.PositiveInfinityCount, sketch.NegativeInfinityCount), Is.EqualTo((3L, 2L, 1L, 1L)));
        Assert.That((sketch.Rank(0), sketch.Rank(double.PositiveInfinity), sketch.Rank(double.NaN)), Is.EqualTo(((double?)(1 / 3.0), (double?)1, (double?)null)));
        Assert.That((new KllSketch().Quantile(0.5), new KllSketch().Rank(1), new KllSketch().Min, new KllSketch().RankError()), Is.EqualTo(((double?)null, (double?)null, (double?)null, 0.0)));
        Assert.That(KllSketch.FromBytes(new KllSketch().ToBytes()).ToBytes(), Is.EqualTo(new KllSketch().ToBytes()));
    }

    [Test]
    public void Updates_allocate_nothing_once_the_levels_stand()
    {
        KllSketch sketch = new(64);
        double[] values = TestData.Normal(76, 10_000);
        for (int i = 0; i < 30; i++)
            sketch.Add(values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sketch.Add(values);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Misuse_is_typed()
    {
        KllSketch sketch = new(64);
        Assert.That(() => sketch.Merge(new KllSketch(65)), Throws.ArgumentException.With.Message.Contains("64"));
        Assert.That(() => sketch.Merge(sketch), Throws.ArgumentException.With.Message.Contains("itself"));
        Assert.That(() => new KllSketch(7), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => sketch.Quantile(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => sketch.RankError(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>The largest error of a rank, at the last of each group of equal values.</summary>
    private static double SupremumError(KllSketch sketch, double[] sorted)
    {
        (double[] values, long[] weights) = sketch.Weighted();
        double largest = 0;
        long seen = 0;
        int at = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            if (i + 1 < sorted.Length && sorted[i + 1] == sorted[i])
                continue;
            for (; at < values.Length && values[at] <= sorted[i]; at++)
                seen += weights[at];
            largest = double.Max(largest, Math.Abs(seen - (i + 1.0)));
        }

        return largest / sorted.Length;
    }
}
