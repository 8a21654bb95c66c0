using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// What a handle logged to its run at once, in words that do not need a database: metric names instead of numbers, the run's id instead
/// of its number. Also a record of the journal. Storing one twice is to change nothing: the writer and its sequence tell a repetition.
/// </summary>
public sealed record RunAppend
{
    private const byte Format = 1;
    private const byte NotEnded = 0;

    internal RunAppend()
    {
    }

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Whose handle it is; empty where runs hold no lease.</summary>
    public required string Owner { get; init; }

    /// <summary>Who writes: a number that no other handle has.</summary>
    public required long Writer { get; init; }

    /// <summary>The number of this batch among the writer's, from 1; a batch that is repeated keeps it.</summary>
    public required long Sequence { get; init; }

    /// <summary>Items that were dropped since the batch before.</summary>
    public long Dropped { get; init; }

    /// <summary>How the run ended, or null when it goes on.</summary>
    public RunStatus? Status => End?.Status;

    /// <summary>When it ended, UTC, or null when it goes on.</summary>
    public DateTimeOffset? EndTime => End is { } end ? UnixMicroseconds.ToTime(end.Time) : null;

    /// <summary>Parameters to set once.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary>Tags to set.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Metric values, each with its time, in the order they were logged.</summary>
    public IEnumerable<Metric> Metrics => Points.Select(point => new Metric(Names[point.Series], point.Sample.Value, point.Sample.Step, UnixMicroseconds.ToTime(point.Sample.Time)));

    internal (RunStatus Status, long Time)? End { get; init; }

    /// <summary>Points, parameters and tags.</summary>
    internal int Items => Points.Count + Parameters.Count + Tags.Count;

    /// <summary>The names of the series that <see cref="Points"/> number.</summary>
    internal IReadOnlyList<string> Names { get; init; } = [];

    internal List<PendingPoint> Points { get; init; } = [];

    /// <summary>The hash of the surroundings that the run is to refer to; null for nothing to change.</summary>
    internal byte[]? Environment { get; init; }

    /// <summary>What is left when all of its items are lost: how many they were, and how the run ended.</summary>
    internal RunAppend WithoutItems() => this with { Dropped = Dropped + Items, Parameters = [], Tags = [], Names = [], Points = [], Environment = null };

    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Format);
        writer.Write(RunId);
        writer.Write(Owner);
        writer.Write(Writer);
        writer.Write(Sequence);
        writer.Write(Dropped);
        writer.Write(End is { } end ? (byte)end.Status : NotEnded);
        writer.Write(End?.Time ?? 0);
        WritePairs(writer, Parameters);
        WritePairs(writer, Tags);
        writer.Write7BitEncodedInt(Names.Count);
        foreach (string name in Names)
        {
            writer.Write(name);
        }

        writer.Write7BitEncodedInt(Points.Count);
        foreach ((int series, Sample sample) in Points)
        {
            writer.Write7BitEncodedInt(series);
            writer.Write(sample.Step);
            writer.Write(sample.Time);
            writer.Write(sample.Bits);
        }

        // Last, where code that does not know it stops to read.
        if (Environment is { } environment)
        {
            writer.Write7BitEncodedInt(environment.Length);
            writer.Write(environment);
        }

        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">They are not a record of a format this code knows.</exception>
    internal static RunAppend Parse(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            return reader.ReadByte() == Format ? Read(reader) : throw new InvalidDataException($"The record is of format {bytes[0]}; this code knows {Format}.");
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException($"A record of {bytes.Length} bytes ends too early or holds a number that is none.", exception);
        }
    }

    /// <summary>Batches of one writer, in their order, as one.</summary>
    internal static RunAppend Merge(IReadOnlyList<RunAppend> records)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        Dictionary<string, string> tags = new(StringComparer.Ordinal);
        List<PendingPoint> points = [];
        foreach (RunAppend record in records)
        {
            int[] own = [.. record.Names.Select(NumberOf)];
            points.AddRange(record.Points.Select(point => new PendingPoint(own[point.Series], point.Sample)));
            foreach ((string name, string value) in record.Parameters)
            {
                parameters.TryAdd(name, value);
            }

            foreach ((string name, string value) in record.Tags)
            {
                tags[name] = value;
            }
        }

        return records[^1] with
        {
            Dropped = records.Sum(static record => record.Dropped),
            Parameters = parameters,
            Tags = tags,
            Names = [.. numbers.OrderBy(static number => number.Value).Select(static number => number.Key)],
            Points = points,
            Environment = records.LastOrDefault(static record => record.Environment is not null)?.Environment,
        };

        int NumberOf(string name)
        {
            numbers.TryAdd(name, numbers.Count);
            return numbers[name];
        }
    }

    private static RunAppend Read(BinaryReader reader)
    {
        var record = new RunAppend
        {
            RunId = reader.ReadString(),
            Owner = reader.ReadString(),
            Writer = reader.ReadInt64(),
            Sequence = reader.ReadInt64(),
            Dropped = reader.ReadInt64(),
        };
        byte status = reader.ReadByte();
        long ended = reader.ReadInt64();
        return record with
        {
            End = status == NotEnded ? null : ((RunStatus)status, ended),
            Parameters = ReadPairs(reader),
            Tags = ReadPairs(reader),
            Names = ReadMany(reader, static reader => reader.ReadString()),
            Points = ReadMany(reader, static reader => new PendingPoint(reader.Read7BitEncodedInt(), new Sample(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()))),
            Environment = reader.BaseStream.Position < reader.BaseStream.Length ? ReadBytes(reader, reader.Read7BitEncodedInt()) : null,
        };
    }

    private static void WritePairs(BinaryWriter writer, IReadOnlyCollection<KeyValuePair<string, string>> pairs)
    {
        writer.Write7BitEncodedInt(pairs.Count);
        foreach ((string name, string value) in pairs)
        {
            writer.Write(name);
            writer.Write(value);
        }
    }

    private static List<KeyValuePair<string, string>> ReadPairs(BinaryReader reader) =>
        ReadMany(reader, static reader => KeyValuePair.Create(reader.ReadString(), reader.ReadString()));

    private static byte[] ReadBytes(BinaryReader reader, int count) => reader.ReadBytes(count) is { } bytes && bytes.Length == count ? bytes : throw new EndOfStreamException();

    private static List<T> ReadMany<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        List<T> items = [];
        for (int left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            items.Add(read(reader));
        }

        return items;
    }
}
