using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Mlops.Serving.AspNetCore;

/// <summary>Writes the elements of a tensor as JSON, in order, as many at a time as are asked for.</summary>
internal struct TensorText
{
    private readonly ModelTensor _tensor;
    private int _at;

    /// <exception cref="WireException">JSON has no form for its elements.</exception>
    public TensorText(ModelTensor tensor)
    {
        _tensor = tensor;
        if (!tensor.Type.HasJsonForm())
            throw Formless($"{WireTypes.NameOf(tensor.Type)} has no form in JSON");
    }

    /// <summary>Writes elements as lists within lists, or one without a list where the shape is empty.</summary>
    /// <exception cref="WireException">An element has no form in JSON.</exception>
    public void WriteNested(Utf8Text json, ReadOnlySpan<long> shape)
    {
        if (shape.Length == 0)
        {
            WriteElements(json, 1);
            return;
        }

        if (shape.Length == 1)
        {
            WriteList(json, (int)shape[0]);
            return;
        }

        json.Raw("["u8);
        for (long i = 0; i < shape[0]; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            WriteNested(json, shape[1..]);
        }

        json.Raw("]"u8);
    }

    /// <summary>Writes so many elements, or all that are left, as one list.</summary>
    /// <exception cref="WireException">An element has no form in JSON.</exception>
    public void WriteList(Utf8Text json, int most = int.MaxValue)
    {
        json.Raw("["u8);
        WriteElements(json, most);
        json.Raw("]"u8);
    }

    private void WriteElements(Utf8Text json, int most)
    {
        switch (_tensor.Type)
        {
            case TensorDataType.Float32: WriteAll(json, Take<float>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Float64: WriteAll(json, Take<double>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Int64: WriteAll(json, Take<long>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.UInt64: WriteAll(json, Take<ulong>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Int32: WriteAll(json, Take<int>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.UInt32: WriteAll(json, Take<uint>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Int16: WriteAll(json, Take<short>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.UInt16: WriteAll(json, Take<ushort>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Int8: WriteAll(json, Take<sbyte>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.UInt8: WriteAll(json, Take<byte>(most), static (json, value) => json.Number(value)); break;
            case TensorDataType.Boolean: WriteAll(json, Take<byte>(most), static (json, value) => json.Raw(value != 0 ? "true"u8 : "false"u8)); break;
            default: WriteText(json, most); break;
        }
    }

    private static void WriteAll<T>(Utf8Text json, ReadOnlySpan<T> values, Action<Utf8Text, T> write)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            write(json, values[i]);
        }
    }

    private ReadOnlySpan<T> Take<T>(int most)
        where T : unmanaged
    {
        ReadOnlySpan<T> rest = MemoryMarshal.Cast<byte, T>(_tensor.Bytes[_at..]);
        ReadOnlySpan<T> taken = rest[..Math.Min(most, rest.Length)];
        _at += MemoryMarshal.AsBytes(taken).Length;
        return taken;
    }

    private void WriteText(Utf8Text json, int most)
    {
        for (int i = 0; i < most && _at < _tensor.Bytes.Length; i++)
        {
            if (i > 0)
                json.Raw(","u8);
            ReadOnlySpan<byte> element = TakeText();
            if (AsBase64)
                json.Base64(element);
            else if (Utf8.IsValid(element))
                json.String(element);
            else
                throw Formless("an element is not UTF-8");
        }
    }

    /// <summary>Whether text is written as <c>{"b64": "..."}</c>.</summary>
    public bool AsBase64 { get; init; }

    private ReadOnlySpan<byte> TakeText()
    {
        ReadOnlySpan<byte> rest = _tensor.Bytes[_at..];
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
        _at += sizeof(uint) + length;
        return rest.Slice(sizeof(uint), length);
    }

    private readonly WireException Formless(string why) =>
        new($"Output '{_tensor.Name}' cannot be answered in JSON: {why}. Ask for it as bytes, with the parameter binary_data of the output or binary_data_output of the request, or by gRPC.");
}
