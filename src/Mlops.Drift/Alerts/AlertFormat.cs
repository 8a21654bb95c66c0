namespace Mlops.Drift;

/// <summary>An alert inside a stored state.</summary>
internal static class AlertFormat
{
    public static void Write(ref ByteWriter writer, DriftAlert alert)
    {
        writer.Write(alert.Id);
        writer.Write(alert.Monitor);
        writer.Write(alert.ModelVersion);
        writer.Write((byte)alert.Kind);
        writer.Write((byte)alert.Change);
        writer.Write((byte)alert.Severity);
        writer.Write(alert.Occurrence);
        writer.Write(alert.At.UtcTicks);
        writer.Write(alert.Reason);
        writer.Write([.. alert.Features]);
        writer.Write([.. alert.Segments]);
        writer.Write([.. alert.SegmentColumns]);
        writer.Write(alert.PValue ?? DriftSchema.Missing);
        writer.Write(alert.Effect ?? DriftSchema.Missing);
    }

    public static DriftAlert Read(ref ByteReader reader) => new()
    {
        Id = reader.ReadText(),
        Monitor = reader.ReadText(),
        ModelVersion = reader.ReadString(),
        Kind = (AlertKind)reader.ReadByte(),
        Change = (AlertChange)reader.ReadByte(),
        Severity = (AlertSeverity)reader.ReadByte(),
        Occurrence = reader.ReadInt32(),
        At = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero),
        Reason = reader.ReadText(),
        Features = reader.ReadStrings(),
        Segments = reader.ReadStrings(),
        SegmentColumns = reader.ReadStrings(),
        PValue = ReadOptional(ref reader),
        Effect = ReadOptional(ref reader),
    };

    private static double? ReadOptional(ref ByteReader reader)
    {
        double value = reader.ReadDouble();
        return DriftSchema.IsMissing(value) ? null : value;
    }
}
