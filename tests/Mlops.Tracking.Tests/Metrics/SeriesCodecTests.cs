using CsCheck;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Metrics;

public sealed class SeriesCodecTests
{
    private static readonly Gen<long> AnyLong = Gen.OneOf(Gen.Long, Gen.Long[-3, 3], Gen.Const(long.MinValue), Gen.Const(long.MaxValue));

    // Half of them are whatever the bits say, NaN payloads included.
    private static readonly Gen<long> AnyBits = Gen.OneOf(
        Gen.Long, Gen.Double.Select(BitConverter.DoubleToInt64Bits), Gen.Float.Select(value => BitConverter.DoubleToInt64Bits(value)),
        Gen.Int[-5, 5].Select(value => BitConverter.DoubleToInt64Bits(value)), Gen.Long[0x7FF0_0000_0000_0001, 0x7FFF_FFFF_FFFF_FFFF]);

    private static readonly Gen<Sample[]> AnySamples =
        Gen.Select(AnyLong, AnyLong, AnyBits, (step, time, bits) => new Sample(step, time, bits)).Array[1, 60];

    [Test]
    public void A_chunk_gives_back_every_step_time_and_bit() => AnySamples.Sample(samples =>
    {
        List<Sample> decoded = [];
        MetricChunk.Decode(MetricChunk.Encode(samples), decoded);
        return decoded.SequenceEqual(samples);
    });

    [Test]
    public void A_block_gives_back_each_series_alone_and_all_together() => AnySamples.Array[1, 8].Sample(series =>
    {
        var writer = new MetricBlock.Writer();
        for (int i = 0; i < series.Length; i++)
        {
            writer.Add(KeyOf(i), series[i]);
        }

        MetricBlock block = writer.ToBlock();
        SortedDictionary<long, List<Sample>> all = [];
        MetricBlock.Decode(block.Payload, all);
        for (int i = 0; i < series.Length; i++)
        {
            List<Sample> alone = [];
            MetricBlock.Decode(block.Payload, KeyOf(i), alone);
            if (!alone.SequenceEqual(series[i]) || !all[KeyOf(i)].SequenceEqual(series[i]))
            {
                return false;
            }
        }

        return block.MinimumKey == KeyOf(0) && block.MaximumKey == KeyOf(series.Length - 1) && block.Points == series.Sum(samples => samples.Length);

        static long KeyOf(int i) => 3 + 1_000L * i;
    });

    [Test]
    public void Damaged_bytes_are_a_typed_error_and_never_more_points() => Gen.Select(AnySamples, Gen.Int[0, 10_000], Gen.Byte).Sample((samples, at, mask) =>
    {
        byte[] payload = MetricChunk.Encode(samples);
        payload[at % payload.Length] ^= mask;
        List<Sample> decoded = [];
        try
        {
            MetricChunk.Decode(payload, decoded);
            return decoded.Count <= payload.Length / 3;
        }
        catch (StorageException)
        {
            return true;
        }
    });

    [Test]
    public void Cut_off_bytes_are_a_typed_error() => Gen.Select(AnySamples, Gen.Int[0, 10_000]).Sample((samples, at) =>
    {
        byte[] payload = MetricChunk.Encode(samples);
        try
        {
            MetricChunk.Decode(payload.AsSpan(0, at % payload.Length), []);
            return false;
        }
        catch (StorageException)
        {
            return true;
        }
    });

    [Test]
    public void Regular_points_of_single_precision_take_few_bytes()
    {
        Sample[] samples = [.. Enumerable.Range(0, 1_000).Select(i => Sample.Of(i, 1_700_000_000_000_000 + i * 1_000, (float)Math.Sin(i)))];

        Assert.That(MetricChunk.Encode(samples), Has.Length.LessThan(8_000));
    }
}
