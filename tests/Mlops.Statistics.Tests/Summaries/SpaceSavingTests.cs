using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class SpaceSavingTests
{
    // Few keys with uneven frequencies, so that counters are taken over all the time and ties are common.
    private static readonly Gen<long[]> Streams = Gen.Select(Gen.Long[0, 30], Gen.Long[0, 30], (a, b) => long.Min(a, b)).Array[0, 400];

    [Test]
    public void Every_bound_holds_and_every_frequent_key_is_held() =>
        Gen.Select(Streams, Gen.Int[1, 40]).Sample((stream, capacity) =>
        {
            SpaceSaving<long> summary = Of(stream, capacity);
            AssertBounds(summary, stream);
        });

    [Test]
    public void Every_bound_holds_after_merges_in_any_tree() =>
        Gen.Select(Streams.Array[1, 8], Gen.Int[1, 40], Gen.ULong).Sample((parts, capacity, seed) =>
        {
            List<SpaceSaving<long>> summaries = [.. parts.Select(p => Of(p, capacity))];
            SplitMix64 random = new(seed);
            while (summaries.Count > 1)
            {
                int from = random.NextInt(summaries.Count);
                SpaceSaving<long> other = summaries[from];
                summaries.RemoveAt(from);
                summaries[random.NextInt(summaries.Count)].Merge(other);
            }

            long[] more = [.. parts[0].Select(key => key + 5)];
            foreach (long key in more)
                summaries[0].Add(key);
            AssertBounds(summaries[0], [.. parts.SelectMany(p => p), .. more]);
        });

    [Test]
    public void Weights_count_as_repetitions() =>
        Gen.Select(Gen.Select(Gen.Long[0, 20], Gen.Long[1, 50]).Array[0, 200], Gen.Int[1, 12]).Sample((stream, capacity) =>
        {
            SpaceSaving<long> summary = new(capacity);
            foreach ((long key, long weight) in stream)
                summary.Add(key, weight);
            AssertBounds(summary, [.. stream.SelectMany(s => Enumerable.Repeat(s.Item1, (int)s.Item2))]);
        });

    [Test]
    public void Counts_are_exact_while_every_key_has_a_counter() =>
        Streams.Sample(stream =>
        {
            SpaceSaving<long> summary = Of(stream, 31);
            IEnumerable<(long, long)> exact = stream.GroupBy(k => k).Select(g => (g.Key, (long)g.Count())).OrderByDescending(g => g.Item2).ThenBy(g => g.Key);
            Assert.That(summary.Top(int.MaxValue).Select(h => (h.Key, h.Count)), Is.EqualTo(exact));
            Assert.That(summary.Top(int.MaxValue).All(h => h.Error == 0));
        });

    [Test]
    public void The_heavy_hitters_of_a_skewed_stream_are_found_in_order()
    {
        // Key j comes with probability 2^-(j+1); the others are new every time.
        SplitMix64 random = new(5);
        SpaceSaving<string> summary = new(100);
        for (int i = 0; i < 100_000; i++)
        {
            int zeros = System.Numerics.BitOperations.TrailingZeroCount(random.Next());
            summary.Add(zeros < 5 ? $"route-{zeros}" : $"rare-{i}");
        }

        HeavyHitter<string>[] top = summary.Top(5);
        Assert.That(top.Select(h => h.Key), Is.EqualTo(Enumerable.Range(0, 5).Select(j => $"route-{j}")));
        Assert.That(top.Max(h => h.Error), Is.LessThanOrEqualTo(1_000));
        Assert.That(summary.MaximumError, Is.InRange(1, 1_000));
    }

    [Test]
    public void A_restored_summary_goes_on_as_the_original() =>
        Gen.Select(Streams, Streams, Gen.Int[1, 40]).Sample((stream, rest, capacity) =>
        {
            SpaceSaving<long> summary = Of(stream, capacity);
            SpaceSaving<long> restored = SpaceSaving<long>.FromBytes(summary.ToBytes());
            Assert.That(restored.ToBytes(), Is.EqualTo(summary.ToBytes()));
            foreach (long key in rest)
            {
                summary.Add(key);
                restored.Add(key);
            }

            Assert.That(restored.ToBytes(), Is.EqualTo(summary.ToBytes()));
        });

    [Test]
    public void Any_text_is_restored() =>
        Gen.String[Gen.Char, 0, 5].Array[0, 60].Sample(keys =>
        {
            SpaceSaving<string> summary = new(20);
            foreach (string key in keys)
                summary.Add(key);
            byte[] bytes = summary.ToBytes();
            return SpaceSaving<string>.FromBytes(bytes).ToBytes().AsSpan().SequenceEqual(bytes);
        });

    [Test]
    public void The_binary_form_of_version_one_stays_readable()
    {
        byte[] recorded = Convert.FromHexString(
            "5350534D01020000" + "02000000" + "02000000" + "0600000000000000"
            + "0200000000000000" + "0100000000000000" + "01000000" + "6300"
            + "0400000000000000" + "0000000000000000" + "02000000" + "61003DD8");
        SpaceSaving<string> summary = SpaceSaving<string>.FromBytes(recorded);

        Assert.That(summary.Top(3), Is.EqualTo(new HeavyHitter<string>[] { new("a\uD83D", 4, 0), new("c", 2, 1) }));
        Assert.That((summary.Count, summary.Capacity, summary.KeyCount, summary.MaximumError), Is.EqualTo((6L, 2, 2, 2L)));
        Assert.That(summary.ToBytes(), Is.EqualTo(recorded));

        SpaceSaving<string> again = new(2);
        foreach (string key in (string[])["a\uD83D", "b", "c"])
            again.Add(key, key.Length == 2 ? 4 : 1);
        Assert.That(again.ToBytes(), Is.EqualTo(recorded));
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        SpaceSaving<long> summary = Of([1, 1, 2, 3, 3, 3], 3);
        byte[] good = summary.ToBytes();
        Assert.That(good, Has.Length.EqualTo(24 + (3 * 24)));
        foreach ((int at, byte value, string message) in ((int, byte, string)[])[
            (0, 0, "do not start"), (4, 2, "version 2"), (5, 2, "kind 2"), (6, 1, "reserved"), (8, 2, "3 keys in 2"), (10, 255, "counters"), (15, 255, "not possible"),
            (16, 5, "sum to 6"), (23, 255, "sum to 6"), (24, 0, "count 0"), (31, 255, "not possible"), (32, 1, "error 1"), (39, 255, "error -"), (24, 9, "smaller than counter 0"), (88, 2, "another")])
        {
            byte[] bad = [.. good];
            bad[at] = value;
            Assert.That(() => SpaceSaving<long>.FromBytes(bad), Throws.InstanceOf<FormatException>().With.Message.Contains(message), $"byte {at}");
        }

        for (int length = 0; length < good.Length; length++)
            Assert.That(() => SpaceSaving<long>.FromBytes(good.AsSpan(0, length)), Throws.InstanceOf<FormatException>());
        Assert.That(() => SpaceSaving<long>.FromBytes([.. good, 0]), Throws.InstanceOf<FormatException>().With.Message.Contains("too many"));
        Assert.That(() => SpaceSaving<string>.FromBytes(good), Throws.InstanceOf<FormatException>().With.Message.Contains("kind 1"));
    }

    [Test]
    public void Any_damaged_byte_is_read_as_a_sound_summary_or_refused() =>
        Gen.Select(Gen.String[0, 4].Array[0, 30], Gen.Int[0, 1_000], Gen.Byte).Sample((keys, at, value) =>
        {
            SpaceSaving<string> summary = new(7);
            foreach (string key in keys)
                summary.Add(key);
            byte[] bytes = summary.ToBytes();
            bytes[at % bytes.Length] = value;
            try
            {
                SpaceSaving<string> read = SpaceSaving<string>.FromBytes(bytes);
                read.Add("more");
                Assert.That(read.MaximumError, Is.InRange(0, read.Count / read.Capacity));
            }
            catch (FormatException)
            {
                // Refused, which is the other half of the promise.
            }
            catch (OverflowException) when (bytes[23] == 0x7F)
            {
                // A stream of nearly 2^63 keys has no room for one more.
            }
        });

    [Test]
    public void Updates_of_a_full_summary_allocate_nothing()
    {
        SpaceSaving<string> summary = new(50);
        string[] keys = [.. Enumerable.Range(0, 200).Select(i => $"key-{i}")];
        foreach (string key in keys)
            summary.Add(key);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
            summary.Add(keys[i * 7 % keys.Length]);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_summary_merges_with_itself()
    {
        SpaceSaving<long> summary = Of([1, 1, 2, 3, 4], 3);
        summary.Merge(summary);
        AssertBounds(summary, [1, 1, 2, 3, 4, 1, 1, 2, 3, 4]);
    }

    [Test]
    public void Misuse_is_typed()
    {
        SpaceSaving<long> summary = new(2);
        Assert.That(() => summary.Merge(new SpaceSaving<long>(3)), Throws.ArgumentException.With.Message.Contains("2 counters"));
        Assert.That(() => new SpaceSaving<long>(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SpaceSaving<int>(), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => summary.Add(1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SpaceSaving<string>().Add(null!), Throws.ArgumentNullException);
        summary.Add(1, long.MaxValue);
        Assert.That(() => summary.Add(1), Throws.InstanceOf<OverflowException>());
        Assert.That(() => summary.Merge(summary), Throws.InstanceOf<OverflowException>());
        Assert.That((summary.Count, summary.Bounds(1)), Is.EqualTo((long.MaxValue, (long.MaxValue, long.MaxValue))));
        Assert.That(new SpaceSaving<string>().Top(3), Is.Empty);
    }

    private static SpaceSaving<long> Of(ReadOnlySpan<long> stream, int capacity)
    {
        SpaceSaving<long> summary = new(capacity);
        foreach (long key in stream)
            summary.Add(key);
        return summary;
    }

    private static void AssertBounds(SpaceSaving<long> summary, long[] stream)
    {
        Dictionary<long, long> exact = stream.GroupBy(k => k).ToDictionary(g => g.Key, g => (long)g.Count());
        Dictionary<long, HeavyHitter<long>> held = summary.Top(int.MaxValue).ToDictionary(h => h.Key);
        Assert.That(summary.Count, Is.EqualTo(stream.LongLength));
        Assert.That(held, Has.Count.EqualTo(summary.KeyCount).And.Count.LessThanOrEqualTo(summary.Capacity));
        Assert.That(summary.MaximumError * summary.Capacity, Is.LessThanOrEqualTo(summary.Count));
        foreach ((long key, long count) in exact)
        {
            if (count > (double)stream.Length / summary.Capacity)
                Assert.That(held.ContainsKey(key), $"key {key} came {count} times of {stream.Length}, {summary.Capacity} counters");
            (long lower, long upper) = summary.Bounds(key);
            Assert.That(count, Is.InRange(lower, upper));
        }

        foreach (HeavyHitter<long> hitter in held.Values)
        {
            Assert.That(exact.GetValueOrDefault(hitter.Key), Is.InRange(hitter.LowerBound, hitter.Count));
            Assert.That(hitter.Error, Is.InRange(0, summary.MaximumError));
        }
    }
}
