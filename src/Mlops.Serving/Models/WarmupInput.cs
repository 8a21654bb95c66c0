using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>Made-up rows for the runs before a version serves, the same for every load.</summary>
internal static class WarmupInput
{
    /// <summary>Zeros, ones, and fractions that differ from column to column.</summary>
    public const int Kinds = 3;

    private static ReadOnlySpan<byte> ZeroDigit => [1, 0, 0, 0, (byte)'0'];

    public static void Fill(IModelSlot slot, SlotShape shape, ModelSignature signature, int rows, int run)
    {
        for (int i = 0; i < signature.Inputs.Count; i++)
        {
            if (signature.Inputs[i].Type == TensorDataType.Text)
            {
                slot.SetText(i, rows, Digits(shape.Inputs[i], rows));
                continue;
            }

            Span<byte> bytes = slot.GetInput(i, rows);
            int kind = run % Kinds;
            switch (signature.Inputs[i].Type)
            {
                case TensorDataType.Float32: Fill(MemoryMarshal.Cast<byte, float>(bytes), kind); break;
                case TensorDataType.Float64: Fill(MemoryMarshal.Cast<byte, double>(bytes), kind); break;
                case TensorDataType.Float16: Fill(MemoryMarshal.Cast<byte, Half>(bytes), kind); break;
                default: bytes.Clear(); break;   // any other value of an integer may be an index out of range
            }
        }
    }

    /// <summary>Whether the signature leaves open which inputs make sense: rows of free size, or text.</summary>
    public static bool IsGuess(ModelSignature signature) => signature.Inputs.Any(static input => input.BytesPerRow is null);

    /// <summary>Rows that differ from each other, for a model whose inputs all count rows.</summary>
    public static SampleRows Rows(ModelSignature signature)
    {
        const int Count = 8;
        var shape = SlotShape.Smallest(signature, Count);
        return new SampleRows(Count, shape.Inputs, [.. signature.Inputs.Select((input, i) => MakeUp(input.Type, shape.Inputs[i], Count))]);
    }

    /// <summary>Name of the first output that holds NaN or infinity; <c>null</c> when none does.</summary>
    public static string? FindNotFinite(IModelSlot slot, ModelSignature signature, int rows)
    {
        for (int i = 0; i < signature.Outputs.Count; i++)
        {
            if (!signature.Outputs[i].Type.AreFinite(slot.GetOutput(i, rows)))
                return signature.Outputs[i].Name;
        }

        return null;
    }

    private static byte[] MakeUp(TensorDataType type, IReadOnlyList<long> shape, int rows)
    {
        byte[] bytes = new byte[checked((int)(shape.Where(static size => size >= 0).Aggregate(1L, static (product, size) => checked(product * size)) * rows * type.Size()))];
        switch (type)
        {
            case TensorDataType.Float32: Fill(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), Kinds - 1); break;
            case TensorDataType.Float64: Fill(MemoryMarshal.Cast<byte, double>(bytes.AsSpan()), Kinds - 1); break;
            case TensorDataType.Float16: Fill(MemoryMarshal.Cast<byte, Half>(bytes.AsSpan()), Kinds - 1); break;
            default: break;
        }

        return bytes;
    }

    // "0" is text for those who want text and a number for those who want one.
    private static byte[] Digits(IReadOnlyList<long> shape, int rows)
    {
        long elements = 1;
        foreach (long size in shape)
            elements *= size < 0 ? rows : size;

        byte[] packed = new byte[checked(elements * ZeroDigit.Length)];
        for (int i = 0; i < packed.Length; i += ZeroDigit.Length)
            ZeroDigit.CopyTo(packed.AsSpan(i));
        return packed;
    }

    private static void Fill<T>(Span<T> values, int kind)
        where T : System.Numerics.INumber<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = kind switch
            {
                0 => T.Zero,
                1 => T.One,
                _ => T.CreateChecked((i * 37 % 101 + 1) / 102.0),
            };
        }
    }
}
