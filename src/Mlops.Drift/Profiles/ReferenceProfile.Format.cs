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
    private const int FormatVersion = 1;

    /// <summary>Writes the profile: little-endian, version 1, closed by its SHA-256. The same profile always gives the same bytes.</summary>
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
        if (version != FormatVersion)
            throw new DriftFormatException($"Reading a profile: it has format version {version}, this library reads up to {FormatVersion}. Update Mlops.Drift.");
        if (ContentHash.Of(body) != new ContentHash(bytes[^ContentHash.Length..]))
            throw new DriftFormatException("Reading a profile: its checksum does not match. It is damaged or cut short.");
        try
        {
            return ReadBody(ref reader);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new DriftFormatException($"Reading a profile: {exception.Message}", exception);
        }
    }

    private static ReferenceProfile ReadBody(ref ByteReader reader)
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

        ProfilePart?[] parts = new ProfilePart?[SeasonKey.PartCount(season)];
        for (int p = 0; p < parts.Length; p++)
        {
            long rows = reader.ReadInt64();
            if (rows == 0)
                continue;
            NumericSummary[] numeric = new NumericSummary[numericFrames.Length];
            for (int i = 0; i < numeric.Length; i++)
                numeric[i] = NumericSummary.Read(ref reader, numericFrames[i].Edges);
            CategoricalSummary[] categorical = new CategoricalSummary[categoricalFrames.Length];
            for (int i = 0; i < categorical.Length; i++)
                categorical[i] = CategoricalSummary.Read(ref reader, categoricalFrames[i].Names.Length);
            parts[p] = new ProfilePart(rows, numeric, categorical, RowSample.Read(ref reader, numeric.Length, categoricalFrames));
        }

        return reader.IsAtEnd
            ? new ReferenceProfile(schema, season, maximumSample, modelVersion, numericFrames, categoricalFrames, parts, from, to)
            : throw new DriftFormatException("Reading a profile: bytes are left after its end. It is damaged.");
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
        writer.Write(FormatVersion);
        writer.Write((int)Season);
        writer.Write(MaximumSampleRows);
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
        foreach (ProfilePart? part in Parts)
        {
            writer.Write(part?.Rows ?? 0L);
            if (part is null)
                continue;
            foreach (NumericSummary summary in part.Numeric)
                summary.Write(ref writer);
            foreach (CategoricalSummary summary in part.Categorical)
                summary.Write(ref writer);
            part.Sample.Write(ref writer);
        }

        byte[] bytes = new byte[buffer.WrittenCount + ContentHash.Length];
        buffer.WrittenSpan.CopyTo(bytes);
        SHA256.HashData(buffer.WrittenSpan, bytes.AsSpan(buffer.WrittenCount));
        return bytes;
    }
}
