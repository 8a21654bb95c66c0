using System.Text;
using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class HyperLogLogTests
{
    [TestCase(4, 1, 4_000), TestCase(4, 16, 4_000), TestCase(4, 40, 4_000), TestCase(4, 2_000, 4_000)]
    [TestCase(6, 32, 2_000), TestCase(6, 64, 2_000), TestCase(6, 160, 2_000), TestCase(6, 6_400, 2_000)]
    [TestCase(10, 512, 1_000), TestCase(10, 2_048, 1_000), TestCase(10, 5_000, 1_000), TestCase(10, 30_000, 300)]
    [TestCase(14, 100, 300), TestCase(14, 40_000, 200), TestCase(18, 300_000, 30)]
    public void The_estimate_is_unbiased_and_keeps_its_standard_error(int precision, int distinct, int runs)
    {
        HyperLogLog counter = new(precision);
        ulong next = (ulong)precision << 48;
        double sum = 0, squares = 0;
        for (int run = 0; run < runs; run++)
        {
            counter.Clear();
            for (int i = 0; i < distinct; i++)
                counter.Add(next++);
            double error = (counter.Estimate() / distinct) - 1;
            sum += error;
            squares += error * error;
        }

        // The sum of squares of normal errors is chi-squared. Both limits allow what the documentation owns up to.
        double promised = counter.RelativeStandardError * (precision == 4 ? 1.05 : 1), z = 3.09;
        Assert.That(Math.Sqrt(squares / runs), Is.LessThanOrEqualTo(promised * Math.Sqrt(1 + (z * Math.Sqrt(2.0 / runs)) + (2 * z * z / (3 * runs)))));
        Assert.That(Math.Abs(sum / runs), Is.LessThanOrEqualTo((0.5 / (1 << precision)) + (promised * z / Math.Sqrt(runs))));
    }

    [Test]
    public void Merge_of_overlapping_parts_in_any_order_equals_one_counter_of_everything() =>
        Gen.Select(Gen.ULong[0, 500].Array[0, 400], Gen.Int[4, 18], Gen.Int[0, 400]).Sample((values, precision, cut) =>
        {
            cut = int.Min(cut, values.Length);
            HyperLogLog whole = Of(values, precision), left = Of(values.AsSpan(0, cut), precision), right = Of(values.AsSpan(cut / 2), precision);
            HyperLogLog backwards = Of(values.AsSpan(cut / 2), precision);
            backwards.Merge(left);
            backwards.Merge(left);
            left.Merge(right);
            return left.ToBytes().AsSpan().SequenceEqual(whole.ToBytes()) && backwards.ToBytes().AsSpan().SequenceEqual(whole.ToBytes());
        });

    [Test]
    public void Repetitions_change_nothing() =>
        Gen.ULong.Array[1, 200].Sample(values =>
        {
            HyperLogLog once = Of(values, 8), twice = Of([.. values, .. values.Reverse()], 8);
            return once.Estimate().Equals(twice.Estimate());
        });

    [Test]
    public void A_text_hashes_by_its_utf8_bytes_wherever_the_blocks_end() =>
        Gen.String.Where(s => s.EnumerateRunes().All(r => r != Rune.ReplacementChar)).Array[0, 200].Sample(parts =>
        {
            string text = string.Concat(parts);
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            return StableHash.Of(text.AsSpan()) == Expected(bytes);
        });

    [Test]
    public void Long_texts_differ_by_their_last_character()
    {
        for (int length = 0; length < 1_100; length++)
        {
            string text = new('é', length);
            Assert.That(StableHash.Of(text.AsSpan()), Is.EqualTo(Expected(Encoding.UTF8.GetBytes(text))), $"length {length}");
            Assert.That(StableHash.Of((text + "\0").AsSpan()), Is.Not.EqualTo(StableHash.Of(text.AsSpan())));
        }
    }

    [Test]
    public void Texts_are_counted()
    {
        HyperLogLog counter = new(14);
        for (int i = 0; i < 50_000; i++)
            counter.Add($"customer-{i % 20_000}");

        Assert.That(counter.Estimate(), Is.EqualTo(20_000).Within(3.3 * counter.RelativeStandardError * 20_000));
    }

    [Test]
    public void Values_count_as_what_they_are()
    {
        HyperLogLog counter = new();
        counter.Add([0.0, -0.0, double.NaN, -double.NaN, BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0001), double.PositiveInfinity]);
        counter.Add([0f, float.NaN, float.PositiveInfinity]);
        Assert.That(counter.Estimate(), Is.EqualTo(3).Within(0.01));

        counter.Add(1L);
        counter.Add(1ul);
        counter.Add(1);
        Assert.That(counter.Estimate(), Is.EqualTo(4).Within(0.01));
        counter.Add(1.0);
        counter.Add("1");
        counter.Add("1".AsSpan());
        Assert.That(counter.Estimate(), Is.EqualTo(6).Within(0.01));
        Assert.That(() => counter.Add((string)null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Adding_allocates_nothing()
    {
        HyperLogLog counter = new();
        string text = new('ж', 3_000);
        counter.Add(text);
        counter.Add(1.5);
        counter.Add(1ul);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            counter.Add((ulong)i);
            counter.Add(i * 0.5);
            counter.Add(text);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Bytes_restore_everything() =>
        Gen.Select(Gen.ULong.Array[0, 300], Gen.Int[4, 18]).Sample((values, precision) =>
        {
            byte[] bytes = Of(values, precision).ToBytes();
            HyperLogLog restored = HyperLogLog.FromBytes(bytes);
            return restored.Precision == precision && restored.ToBytes().AsSpan().SequenceEqual(bytes);
        });

    [Test]
    public void The_binary_form_of_version_one_and_its_hash_stay_readable()
    {
        byte[] recorded = Convert.FromHexString("4C4C484D01040000" + "00000001000003030000000000000100");
        HyperLogLog again = new(4);
        again.Add([1.0, 2, 3]);
        again.Add(7ul);
        again.Add("Grüße, 世界");

        Assert.That(HyperLogLog.FromBytes(recorded).ToBytes(), Is.EqualTo(recorded));
        Assert.That(again.ToBytes(), Is.EqualTo(recorded));
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        byte[] good = Of([1, 2, 3], 4).ToBytes();
        foreach ((int at, byte value, string message) in ((int, byte, string)[])[(0, 0, "do not start"), (4, 2, "version 2"), (5, 3, "3 bits"), (5, 19, "19 bits"), (5, 5, "needs 32"), (7, 1, "reserved"), (23, 62, "above 61")])
        {
            byte[] bad = [.. good];
            bad[at] = value;
            Assert.That(() => HyperLogLog.FromBytes(bad), Throws.InstanceOf<FormatException>().With.Message.Contains(message));
        }

        for (int length = 0; length < good.Length; length++)
            Assert.That(() => HyperLogLog.FromBytes(good.AsSpan(0, length)), Throws.InstanceOf<FormatException>());
        Assert.That(() => HyperLogLog.FromBytes([.. good, 0]), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void A_counter_with_every_register_full_is_finite()
    {
        byte[] full = new HyperLogLog(4).ToBytes();
        full.AsSpan(8).Fill(61);
        Assert.That(HyperLogLog.FromBytes(full).Estimate(), Is.EqualTo(Math.ScaleB(1, 64)));
        full.AsSpan(8).Fill(60);
        Assert.That(HyperLogLog.FromBytes(full).Estimate(), Is.InRange(1e17, Math.ScaleB(1, 64)));
        Assert.That(new HyperLogLog(4).Estimate(), Is.Zero);
    }

    [Test]
    public void Other_precisions_are_refused()
    {
        Assert.That(() => new HyperLogLog(7).Merge(new HyperLogLog(8)), Throws.ArgumentException.With.Message.Contains("7 bits"));
        Assert.That(() => new HyperLogLog(3), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new HyperLogLog(19), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static HyperLogLog Of(ReadOnlySpan<ulong> values, int precision)
    {
        HyperLogLog counter = new(precision);
        foreach (ulong value in values)
            counter.Add(value);
        return counter;
    }

    /// <summary>The hash from its definition, over the whole text at once.</summary>
    private static ulong Expected(byte[] bytes)
    {
        byte[] padded = new byte[((bytes.Length / 8) + 1) * 8];
        bytes.CopyTo(padded, 0);
        ulong hash = 0xA076_1D64_78BD_642F;
        for (int at = 0; at < padded.Length; at += 8)
            hash = StableHash.Of(hash ^ BitConverter.ToUInt64(padded, at));
        return StableHash.Of(hash ^ (ulong)bytes.Length);
    }

    /// <summary>Near 2^64 / 16 distinct values registers reach the hash's end, where only the estimator's upper correction tells.</summary>
    [TestCase(3), TestCase(8), TestCase(12)]
    public void Full_registers_are_estimated_as_their_likelihood_says(int full)
    {
        const int Registers = 16, Longest = 61;
        byte[] bytes = new HyperLogLog(4).ToBytes();
        for (int i = 0; i < Registers; i++)
            bytes[bytes.Length - Registers + i] = (byte)(i < full ? Longest : Longest - 1 - (i % 3));
        double[] logs = [.. Enumerable.Range(0, 4_000).Select(static i => 55 + (i * 0.0025))];
        double mostLikely = logs.MaxBy(log => bytes.AsSpan(bytes.Length - Registers).ToArray().Sum(register => LogProbability(register, Math.Pow(2, log) / Registers)));
        Assert.That(Math.Log2(HyperLogLog.FromBytes(bytes).Estimate()), Is.EqualTo(mostLikely).Within(0.15));

        static double LogProbability(int register, double rate) => register == Longest
            ? Math.Log(1 - Math.Exp(-rate * Math.Pow(2, 1 - Longest)))
            : Math.Log(Math.Exp(-rate * Math.Pow(2, -register)) - Math.Exp(-rate * Math.Pow(2, 1 - register)));
    }
}
