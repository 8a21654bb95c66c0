using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Mlops.Serving;

/// <summary>An input or expected output of golden samples, with its elements as a slot takes them.</summary>
internal sealed record GoldenTensor(string Name, TensorDataType Type, long[] Shape, byte[] Data)
{
    /// <exception cref="InvalidDataException">A part is missing, or has another form or length.</exception>
    public static GoldenTensor Read(JsonElement tensor)
    {
        string name = tensor.GetProperty("name").GetString()!;
        TensorDataType type = ToType(tensor.GetProperty("datatype").GetString()!);
        long[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt64())];
        List<byte> data = [];
        int count = 0;
        Append(tensor.GetProperty("data"), type, data, ref count);
        return shape.Aggregate(1L, static (product, size) => checked(product * size)) == count
            ? new GoldenTensor(name, type, shape, [.. data])
            : throw new InvalidDataException($"tensor '{name}' has {count} elements, which is not its shape");
    }

    private static void Append(JsonElement value, TensorDataType type, List<byte> data, ref int count)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement element in value.EnumerateArray())
                Append(element, type, data, ref count);
            return;
        }

        Span<byte> bytes = stackalloc byte[8];
        switch (type)
        {
            case TensorDataType.Boolean: bytes[0] = value.ValueKind == JsonValueKind.Number ? value.GetByte() : value.GetBoolean() ? (byte)1 : (byte)0; break;
            case TensorDataType.UInt8 or TensorDataType.UInt16 or TensorDataType.UInt32 or TensorDataType.UInt64: BinaryPrimitives.WriteUInt64LittleEndian(bytes, value.GetUInt64()); break;
            case TensorDataType.Int8 or TensorDataType.Int16 or TensorDataType.Int32 or TensorDataType.Int64: BinaryPrimitives.WriteInt64LittleEndian(bytes, value.GetInt64()); break;
            case TensorDataType.Float16: BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value.GetDouble()); break;
            case TensorDataType.BFloat16: BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)((BitConverter.SingleToUInt32Bits(value.GetSingle()) + 0x8000) >> 16)); break;
            case TensorDataType.Float32: BinaryPrimitives.WriteSingleLittleEndian(bytes, value.GetSingle()); break;
            case TensorDataType.Float64: BinaryPrimitives.WriteDoubleLittleEndian(bytes, value.GetDouble()); break;
            default:
                byte[] text = Encoding.UTF8.GetBytes(value.GetString()!);
                BinaryPrimitives.WriteInt32LittleEndian(bytes, text.Length);
                data.AddRange(bytes[..sizeof(int)]);
                data.AddRange(text);
                break;
        }

        data.AddRange(bytes[..type.Size()]);
        count++;
    }

    private static TensorDataType ToType(string name) => name switch
    {
        "BOOL" => TensorDataType.Boolean,
        "UINT8" => TensorDataType.UInt8,
        "UINT16" => TensorDataType.UInt16,
        "UINT32" => TensorDataType.UInt32,
        "UINT64" => TensorDataType.UInt64,
        "INT8" => TensorDataType.Int8,
        "INT16" => TensorDataType.Int16,
        "INT32" => TensorDataType.Int32,
        "INT64" => TensorDataType.Int64,
        "FP16" => TensorDataType.Float16,
        "BF16" => TensorDataType.BFloat16,
        "FP32" => TensorDataType.Float32,
        "FP64" => TensorDataType.Float64,
        "BYTES" => TensorDataType.Text,
        _ => throw new InvalidDataException($"'{name}' is no datatype"),
    };
}
