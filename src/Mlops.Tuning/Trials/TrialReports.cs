using System.Buffers.Binary;

namespace Mlops.Tuning;

/// <summary>The stored form of reports: a format byte, then per report the step (int32) and the value (float64), little-endian.</summary>
internal static class TrialReports
{
    private const byte Format = 1;
    private const int PointSize = sizeof(int) + sizeof(double);

    public static byte[] Pack(ReadOnlySpan<TrialReport> reports)
    {
        byte[] packed = new byte[1 + (reports.Length * PointSize)];
        packed[0] = Format;
        Span<byte> rest = packed.AsSpan(1);
        foreach (TrialReport report in reports)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, report.Step);
            BinaryPrimitives.WriteDoubleLittleEndian(rest[sizeof(int)..], report.Value);
            rest = rest[PointSize..];
        }

        return packed;
    }

    /// <summary>Adds a chunk's reports; a step that was reported again takes its later value.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, SortedDictionary<int, double> reports)
    {
        if (packed.Length == 0 || packed[0] != Format || (packed.Length - 1) % PointSize != 0)
        {
            throw new InvalidDataException(
                $"Stored reports have format {(packed.Length == 0 ? "none" : packed[0].ToString(System.Globalization.CultureInfo.InvariantCulture))} and {packed.Length} bytes; this code reads format {Format}.");
        }

        for (ReadOnlySpan<byte> rest = packed[1..]; rest.Length > 0; rest = rest[PointSize..])
        {
            reports[BinaryPrimitives.ReadInt32LittleEndian(rest)] = BinaryPrimitives.ReadDoubleLittleEndian(rest[sizeof(int)..]);
        }
    }
}
