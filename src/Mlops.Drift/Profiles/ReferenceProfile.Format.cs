using System.Buffers;
using System.Security.Cryptography;
using Mlops.Statistics;
using Mlops.Storage;

namespace Mlops.Drift;

public sealed partial class ReferenceProfile
{
    /// <summary>The largest profile that is read, in bytes: 1 GiB.</summary>
    public const int MaximumBytes = 1 << 30;

    private const int Magic = 0x5046_4C4D; // "MLFP"
    private const int WithoutSegments = 1;
    private const int WithSegments = 2;

    /// <summary>Writes the profile: little-endian, version 2 where it has segments and else 1, closed by its SHA-256. The same profile always gives the same bytes.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(_bytes.Value);
    }

    /// <summary>The profile as one array; a copy.</summary>
    public byte[] ToArray() => (byte[])_bytes.Value.Clone();

    /// <summary>Reads a profile to the end of the stream.</summary>
    /// <exception cref="DriftFormatException">The bytes are no profile, damaged, cut short, or of a newer version.</exception>
    public static ReferenceProfile Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream copy = new();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(81_920);
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (copy.Length + read > MaximumBytes)
                throw new DriftFormatException($"Reading a profile: it is longer than {MaximumBytes} bytes.");
            copy.Write(buffer, 0, read);
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return Read(copy.GetBuffer().AsSpan(0, (int)copy.Length));
    }

    /// <inheritdoc cref="Read(Stream)"/>
    public static ReferenceProfile Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < (2 * sizeof(int)) + ContentHash.Length)
            throw new DriftFormatException($"Reading a profile: {bytes.Length} bytes are too few for one. It is cut short.");
        ReadOnlySpan<byte> body = bytes[..^ContentHash.Length];
        ByteReader reader = new(body, "profile");
        if (reader.ReadInt32() != Magic)
            throw new DriftFormatException("Reading a profile: the bytes do not start as one. Check the file.");
        int version = reader.ReadInt32();
        if (version is not (WithoutSegments or WithSegments))
            throw new DriftFormatException($"Reading a profile: it has format version {version}, this library reads up to {WithSegments}. Update Mlops.Drift.");
        if (ContentHash.Of(body) != new ContentHash(bytes[^ContentHash.Length..]))
            throw new DriftFormatException("Reading a profile: its checksum does not match. It is damaged or cut short.");
        try
        {
            return ReadBody(ref reader, version);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new DriftFormatException($"Reading a profile: {exception.Message}", exception);
        }
    }

    private static ReferenceProfile ReadBody(ref ByteReader reader, int version)
    {
        Season season = (Season)reader.ReadInt32();
        if (!Enum.IsDefined(season))
            throw new DriftFormatException($"Reading a profile: season {(int)season} is unknown.");
        int maximumSample = reader.ReadInt32();
        string? modelVersion = reader.ReadString();
        DateTimeOffset? from = ReadTime(ref reader), to = ReadTime(ref reader);
        DriftSchema schema = SchemaFormat.Read(ref reader);

        NumericFrame[] numericFrames = new NumericFrame[schema.NumericCount];
        for (int i = 0; i < numericFrames.Length; i++)
        {
            bool isDiscrete = reader.ReadBoolean();
            double atom = reader.ReadDouble();
            numericFrames[i] = new NumericFrame(BinEdges.FromInner(reader.ReadDoubles()), isDiscrete, atom);
        }

        CategoricalFrame[] categoricalFrames = new CategoricalFrame[schema.CategoricalCount];
        for (int i = 0; i < categoricalFrames.Length; i++)
            categoricalFrames[i] = new CategoricalFrame(reader.ReadStrings());

        SeasonalParts parts = SeasonalParts.Read(ref reader, season, maximumSample, numericFrames, categoricalFrames);
        SegmentReference[] segments = version < WithSegments ? [] : ReadSegments(ref reader, schema, season, numericFrames, categoricalFrames);
        return reader.IsAtEnd
            ? new ReferenceProfile(schema, season, modelVersion, numericFrames, categoricalFrames, parts, segments, from, to)
            : throw new DriftFormatException("Reading a profile: bytes are left after its end. It is damaged.");
    }

    private static SegmentReference[] ReadSegments(
        ref ByteReader reader, DriftSchema schema, Season season, NumericFrame[] numericFrames, CategoricalFrame[] categoricalFrames)
    {
        SegmentReference[] segments = new SegmentReference[reader.ReadCount(3 * sizeof(int))];
        for (int i = 0; i < segments.Length; i++)
        {
            int slot = reader.ReadInt32();
            if (slot < 0 || slot >= schema.CategoricalCount)
                throw new DriftFormatException($"Reading a profile: a segment belongs to categorical column {slot} of {schema.CategoricalCount}. It is damaged.");
            string value = reader.ReadText();
            segments[i] = new SegmentReference(slot, value, SeasonalParts.Read(ref reader, season, reader.ReadInt32(), numericFrames, categoricalFrames));
        }

        return segments;
    }

    private static DateTimeOffset? ReadTime(ref ByteReader reader)
    {
        long ticks = reader.ReadInt64();
        return ticks == RowFacts.NoTime ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    private byte[] Serialize()
    {
        ArrayBufferWriter<byte> buffer = new(64 * 1024);
        ByteWriter writer = new(buffer);
        writer.Write(Magic);
        writer.Write(Segments.Length > 0 ? WithSegments : WithoutSegments);
        writer.Write((int)Season);
        writer.Write(Parts.MaximumSample);
        writer.Write(ModelVersion);
        writer.Write(From?.UtcTicks ?? RowFacts.NoTime);
        writer.Write(To?.UtcTicks ?? RowFacts.NoTime);
        SchemaFormat.Write(ref writer, Schema);
        foreach (NumericFrame frame in NumericFrames)
        {
            writer.Write(frame.IsDiscrete);
            writer.Write(frame.LargestAtom);
            writer.Write(frame.Edges.Inner);
        }

        foreach (CategoricalFrame frame in CategoricalFrames)
            writer.Write(frame.Names);
        Parts.Write(ref writer);
        if (Segments.Length > 0)
            writer.Write(Segments.Length);
        foreach (SegmentReference segment in Segments)
        {
            writer.Write(segment.Slot);
            writer.Write(segment.Value);
            writer.Write(segment.Parts.MaximumSample);
            segment.Parts.Write(ref writer);
        }

        byte[] bytes = new byte[buffer.WrittenCount + ContentHash.Length];
        buffer.WrittenSpan.CopyTo(bytes);
        SHA256.HashData(buffer.WrittenSpan, bytes.AsSpan(buffer.WrittenCount));
        return bytes;
    }
}
