using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

/// <summary>What a client sent as a tensor cannot be taken.</summary>
internal sealed class InvalidTensorException(string message) : Exception(message);

/// <summary>Tensors to lists and back.</summary>
internal static class TensorLists
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="InvalidTensorException">Datatype, shape and lists do not fit each other, or a limit.</exception>
    public static void Add(TensorRequest request, TensorValue value, InferenceOptions limits)
    {
        if (!WireTypes.TryParse(value.Datatype, out TensorDataType type))
            throw new InvalidTensorException($"Input '{value.Name}' has datatype '{value.Datatype}', which is none of {WireTypes.All}.");
        if (value.Shape.Count > limits.MaximumRank)
            throw new InvalidTensorException($"Input '{value.Name}' has {value.Shape.Count} dimensions; at most {limits.MaximumRank} are allowed.");

        int given = CountOf(value, type);
        long[] shape = [.. value.Shape];
        if (TensorShape.CountElements(shape, limits.MaximumElements) is not { } expected)
            throw new InvalidTensorException($"Input '{value.Name}' has the shape {TensorShape.ToText(shape)}: a dimension is negative, or there are more than {limits.MaximumElements} elements.");
        if (expected != given)
            throw new InvalidTensorException($"Input '{value.Name}' has {given} elements; its shape needs {expected}.");
        if (type == TensorDataType.Text)
            request.AddText(value.Name, shape, value.Texts ?? []);
        else
            Copy(request.AddInput(value.Name, type, shape, given * type.Size()), value, type);
    }

    /// <exception cref="InvalidTensorException">GraphQL has no form for an element.</exception>
    public static TensorValue Read(ModelTensor tensor)
    {
        var value = new TensorValue(tensor.Name, WireTypes.NameOf(tensor.Type), tensor.Shape.ToArray());
        return tensor.Type switch
        {
            TensorDataType.Boolean => value with { Booleans = [.. tensor.Bytes.ToArray().Select(static element => element != 0)] },
            TensorDataType.Text => value with { Texts = Texts(tensor) },
            TensorDataType.Float16 => value with { Floats = Floats<Half>(tensor) },
            TensorDataType.Float32 => value with { Floats = Floats<float>(tensor) },
            TensorDataType.Float64 => value with { Floats = Floats<double>(tensor) },
            TensorDataType.BFloat16 => value with { Floats = Finite(tensor.Name, [.. tensor.Get<ushort>().ToArray().Select(static bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16))]) },
            TensorDataType.Int8 => value with { Integers = Integers<sbyte>(tensor) },
            TensorDataType.Int16 => value with { Integers = Integers<short>(tensor) },
            TensorDataType.Int32 => value with { Integers = Integers<int>(tensor) },
            TensorDataType.Int64 => value with { Integers = Integers<long>(tensor) },
            TensorDataType.UInt8 => value with { Integers = Integers<byte>(tensor) },
            TensorDataType.UInt16 => value with { Integers = Integers<ushort>(tensor) },
            TensorDataType.UInt32 => value with { Integers = Integers<uint>(tensor) },
            _ => value with { Integers = Integers<ulong>(tensor) },
        };
    }

    /// <summary>How many elements there are in the list of that type; the others are to be absent.</summary>
    private static int CountOf(TensorValue value, TensorDataType type)
    {
        string list = type switch
        {
            TensorDataType.Boolean => "booleans",
            TensorDataType.Text => "texts",
            TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Float32 or TensorDataType.Float64 => "floats",
            _ => "integers",
        };
        (string Name, int? Count)[] lists = [("booleans", value.Booleans?.Count), ("texts", value.Texts?.Count), ("floats", value.Floats?.Count), ("integers", value.Integers?.Count)];
        foreach ((string name, int? count) in lists)
            if (name != list && count is not null)
                throw new InvalidTensorException($"Input '{value.Name}' has {name}; elements of {value.Datatype} are {list}.");
        return lists.Single(one => one.Name == list).Count ?? 0;
    }

    private static void Copy(Span<byte> target, TensorValue value, TensorDataType type)
    {
        try
        {
            switch (type)
            {
                case TensorDataType.Boolean:
                    for (int i = 0; i < target.Length; i++)
                        target[i] = value.Booleans![i] ? (byte)1 : (byte)0;
                    break;
                case TensorDataType.Float16: Copy<Half>(target, value.Floats); break;
                case TensorDataType.Float32: Copy<float>(target, value.Floats); break;
                case TensorDataType.Float64: Copy<double>(target, value.Floats); break;
                case TensorDataType.BFloat16:
                    Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(target);
                    for (int i = 0; i < bits.Length; i++)
                        bits[i] = RoundToBFloat16(Finite((float)value.Floats![i]));
                    break;
                case TensorDataType.Int8: Copy<sbyte>(target, value.Integers); break;
                case TensorDataType.Int16: Copy<short>(target, value.Integers); break;
                case TensorDataType.Int32: Copy<int>(target, value.Integers); break;
                case TensorDataType.Int64: Copy<long>(target, value.Integers); break;
                case TensorDataType.UInt8: Copy<byte>(target, value.Integers); break;
                case TensorDataType.UInt16: Copy<ushort>(target, value.Integers); break;
                case TensorDataType.UInt32: Copy<uint>(target, value.Integers); break;
                default: Copy<ulong>(target, value.Integers); break;
            }
        }
        catch (OverflowException)
        {
            throw new InvalidTensorException($"Input '{value.Name}' has an element that its datatype {value.Datatype} cannot hold.");
        }
    }

    private static void Copy<T>(Span<byte> target, IReadOnlyList<double>? values)
        where T : unmanaged, INumberBase<T>
    {
        Span<T> elements = MemoryMarshal.Cast<byte, T>(target);
        for (int i = 0; i < elements.Length; i++)
            elements[i] = Finite(T.CreateChecked(values![i]));
    }

    private static void Copy<T>(Span<byte> target, IReadOnlyList<BigInteger>? values)
        where T : unmanaged, INumberBase<T>
    {
        Span<T> elements = MemoryMarshal.Cast<byte, T>(target);
        for (int i = 0; i < elements.Length; i++)
            elements[i] = T.CreateChecked(values![i]);
    }

    // A number of GraphQL is finite; what is not any more was too large.
    private static T Finite<T>(T value)
        where T : INumberBase<T> => T.IsFinite(value) ? value : throw new OverflowException();

    // To the nearest, ties to even; what a double holds is finite.
    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static double[] Floats<T>(ModelTensor tensor)
        where T : unmanaged, INumberBase<T> => Finite(tensor.Name, [.. tensor.Get<T>().ToArray().Select(double.CreateTruncating)]);

    private static double[] Finite(string name, double[] values) => Array.TrueForAll(values, double.IsFinite)
        ? values
        : throw new InvalidTensorException($"Output '{name}' holds NaN or infinity, which GraphQL has no form for; ask for it by REST or gRPC.");

    private static BigInteger[] Integers<T>(ModelTensor tensor)
        where T : unmanaged, INumberBase<T> => [.. tensor.Get<T>().ToArray().Select(BigInteger.CreateTruncating)];

    private static string[] Texts(ModelTensor tensor)
    {
        List<string> texts = [];
        try
        {
            foreach (ReadOnlySpan<byte> text in tensor.EnumerateText())
                texts.Add(Utf8.GetString(text));
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidTensorException($"Output '{tensor.Name}' holds bytes that are no UTF-8; ask for it by REST or gRPC.");
        }

        return [.. texts];
    }
}
