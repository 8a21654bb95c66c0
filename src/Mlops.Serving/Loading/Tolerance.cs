using System.Buffers.Binary;
using System.Globalization;

namespace Mlops.Serving;

/// <summary>How far two computations of one output may be apart: <c>Absolute + Relative * |expected|</c>. Integers and text must be equal.</summary>
internal readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>Where the difference is too large; <c>null</c> when it is not. Tells positions and distances, no values.</summary>
    public string? FindDifference(TensorDataType type, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        if (expected.SequenceEqual(actual))
            return null;
        if (expected.Length != actual.Length)
            return "has another length";

        if (type is not (TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Float32 or TensorDataType.Float64))
            return "differs";

        int size = type.Size();
        for (int at = 0; at < expected.Length; at += size)
        {
            double wanted = Number(type, expected[at..]), found = Number(type, actual[at..]);
            if (wanted.Equals(found) || Math.Abs(found - wanted) <= Absolute + Relative * Math.Abs(wanted))
                continue;
            return string.Create(
                CultureInfo.InvariantCulture, $"differs by {Math.Abs(found - wanted):G4} in element {at / size}; allowed are {Absolute:G4} and {Relative:G4} of the value");
        }

        return null;
    }

    private static double Number(TensorDataType type, ReadOnlySpan<byte> bytes) => type switch
    {
        TensorDataType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        TensorDataType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
        TensorDataType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };
}
