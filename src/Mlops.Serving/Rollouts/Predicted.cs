using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>The one number that stands for a prediction: that of its output, or the position of the largest of several.</summary>
internal static class Predicted
{
    /// <summary>Of the first row, NaN where one of several is NaN; <c>null</c> where there is none, or the type is no number.</summary>
    public static double? From(TensorSpec output, ReadOnlySpan<byte> bytes) => output.Type switch
    {
        TensorDataType.Float32 => From<float>(output, bytes),
        TensorDataType.Float64 => From<double>(output, bytes),
        TensorDataType.Int32 => From<int>(output, bytes),
        TensorDataType.Int64 => From<long>(output, bytes),
        TensorDataType.Boolean => bytes.IsEmpty ? null : bytes[0],
        _ => null,
    };

    private static double? From<T>(TensorSpec output, ReadOnlySpan<byte> bytes)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(bytes);
        if (values.IsEmpty || output.ElementsPerRow is not { } elements || elements > values.Length)
            return null;
        if (elements == 1)
            return double.CreateTruncating(values[0]);

        int largest = 0;
        for (int i = 0; i < (int)elements; i++)
        {
            if (T.IsNaN(values[i]))
                return double.NaN;
            if (values[i] > values[largest])
                largest = i;
        }

        return largest;
    }
}
