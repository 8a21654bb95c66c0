using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>Made-up rows for the runs before a version serves, the same for every load.</summary>
internal static class WarmupInput
{
    /// <summary>Zeros, ones, and fractions that differ from column to column.</summary>
    public const int Kinds = 3;

    public static void Fill(IModelSlot slot, ModelSignature signature, int run)
    {
        for (int i = 0; i < signature.Inputs.Count; i++)
        {
            if (signature.Inputs[i].Type == TensorDataType.Text)
                continue;
            Span<byte> bytes = slot.GetInput(i, rows: 1);
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

    /// <summary>Name of the first output that holds NaN or infinity; <c>null</c> when none does.</summary>
    public static string? FindNotFinite(IModelSlot slot, ModelSignature signature)
    {
        for (int i = 0; i < signature.Outputs.Count; i++)
        {
            ReadOnlySpan<byte> bytes = slot.GetOutput(i, rows: 1);
            if (!signature.Outputs[i].Type.AreFinite(bytes))
                return signature.Outputs[i].Name;
        }

        return null;
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
