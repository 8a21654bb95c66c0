using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// The elements of a tensor in JSON, in one list or in lists within lists, as bytes that <see cref="TensorRequest"/> takes; what the lists say of
/// its shape comes with them. Kept for reuse. Not thread-safe.
/// </summary>
internal sealed class TensorValues(InferenceOptions options)
{
    private const int Unknown = -1;
    private const int FirstBytes = 256;
    private readonly long[] _shape = new long[options.MaximumRank + 1];
    private byte[] _bytes = new byte[FirstBytes];
    private int _length;
    private int _rank;

    /// <summary>How many elements.</summary>
    public int Count { get; private set; }

    /// <summary>The lengths of the lists, outermost first; empty when there was one element and no list.</summary>
    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, Math.Max(_rank, 0));

    /// <summary>The elements, text packed.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Whether text may be given as <c>{"b64": "..."}</c>.</summary>
    public bool AllowsBase64 { get; init; }

    public void Clear()
    {
        _length = 0;
        Count = 0;
        _rank = Unknown;
        Array.Fill(_shape, Unknown);
    }

    /// <summary>Reads a list, or one element.</summary>
    public void Read(ref JsonCursor json, TensorDataType type)
    {
        Clear();
        ReadValue(ref json, type, level: 0);
    }

    /// <summary>Reads one row, whose place in the shape is after the rows' own; call <see cref="SetRows"/> after the last.</summary>
    public void ReadRow(ref JsonCursor json, TensorDataType type) => ReadValue(ref json, type, level: 1);

    public void SetRows(long rows)
    {
        _shape[0] = rows;
        _rank = Math.Max(_rank, 1);
    }

    private void ReadValue(ref JsonCursor json, TensorDataType type, int level)
    {
        if (json.Peek() == '[')
        {
            ReadList(ref json, type, level);
            return;
        }

        SetRank(ref json, level);
        ReadElement(ref json, type);
    }

    private void ReadList(ref JsonCursor json, TensorDataType type, int level)
    {
        if (level == options.MaximumRank)
            throw json.Failure($"a tensor has more than {options.MaximumRank} dimensions");

        json.BeginArray();
        bool isFirst = true;
        long count = 0;
        if (json.Peek() == '[')
        {
            for (; json.NextElement(ref isFirst); count++)
            {
                if (json.Peek() != '[')
                    throw json.Unexpected("another list");
                ReadList(ref json, type, level + 1);
            }
        }
        else
        {
            SetRank(ref json, level + 1);
            count = ReadElements(ref json, type);
        }

        if (_shape[level] == Unknown)
            _shape[level] = count;
        else if (_shape[level] != count)
            throw json.Failure($"lists of one dimension have {_shape[level]} and {count} elements");
    }

    private void SetRank(ref JsonCursor json, int rank)
    {
        if (_rank == Unknown)
            _rank = rank;
        else if (_rank != rank)
            throw json.Failure("lists lie in some places deeper in each other than in others");
    }

    private long ReadElements(ref JsonCursor json, TensorDataType type)
    {
        int before = Count;
        bool isFirst = true;
        switch (type)
        {
            // The two that speed matters for.
            case TensorDataType.Float32:
                while (json.NextElement(ref isFirst))
                    Append(ref json, json.ReadSingle());
                break;
            case TensorDataType.Float64:
                while (json.NextElement(ref isFirst))
                    Append(ref json, json.ReadDouble());
                break;
            default:
                while (json.NextElement(ref isFirst))
                    ReadElement(ref json, type);
                break;
        }

        return Count - before;
    }

    private void ReadElement(ref JsonCursor json, TensorDataType type)
    {
        switch (type)
        {
            case TensorDataType.Boolean: Append(ref json, json.ReadBoolean()); break;
            case TensorDataType.UInt8: Append(ref json, (byte)json.ReadUnsigned(byte.MaxValue, "UINT8")); break;
            case TensorDataType.UInt16: Append(ref json, (ushort)json.ReadUnsigned(ushort.MaxValue, "UINT16")); break;
            case TensorDataType.UInt32: Append(ref json, (uint)json.ReadUnsigned(uint.MaxValue, "UINT32")); break;
            case TensorDataType.UInt64: Append(ref json, json.ReadUnsigned(ulong.MaxValue, "UINT64")); break;
            case TensorDataType.Int8: Append(ref json, (sbyte)json.ReadSigned(sbyte.MaxValue, "INT8")); break;
            case TensorDataType.Int16: Append(ref json, (short)json.ReadSigned(short.MaxValue, "INT16")); break;
            case TensorDataType.Int32: Append(ref json, (int)json.ReadSigned(int.MaxValue, "INT32")); break;
            case TensorDataType.Int64: Append(ref json, json.ReadSigned(long.MaxValue, "INT64")); break;
            case TensorDataType.Float32: Append(ref json, json.ReadSingle()); break;
            case TensorDataType.Float64: Append(ref json, json.ReadDouble()); break;
            case TensorDataType.Text: AppendText(ref json); break;
            default:
                throw new WireException($"{WireTypes.NameOf(type)} has no form in JSON: send the tensor as bytes, with the header Inference-Header-Content-Length and the parameter binary_data_size, or by gRPC.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append<T>(ref JsonCursor json, T value)
        where T : unmanaged
    {
        if (_length + Unsafe.SizeOf<T>() > _bytes.Length || Count == options.MaximumElements)
            MakeRoom(ref json, Unsafe.SizeOf<T>());
        Unsafe.WriteUnaligned(ref _bytes[_length], value);
        _length += Unsafe.SizeOf<T>();
        Count++;
    }

    private void AppendText(ref JsonCursor json)
    {
        bool isBase64 = AllowsBase64 && json.Peek() == '{';
        ReadOnlySpan<byte> text = isBase64 ? ReadBase64(ref json) : json.ReadUtf8();
        MakeRoom(ref json, sizeof(uint) + text.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), (uint)text.Length);
        text.CopyTo(_bytes.AsSpan(_length + sizeof(uint)));
        _length += sizeof(uint) + text.Length;
        Count++;
    }

    private static ReadOnlySpan<byte> ReadBase64(ref JsonCursor json)
    {
        json.BeginObject();
        bool isFirst = true;
        if (!json.NextMember(ref isFirst, out ReadOnlySpan<byte> name) || !name.SequenceEqual("b64"u8))
            throw json.Failure("an object in place of bytes has one member, b64");

        byte[] bytes = json.ReadUtf8().ToArray();
        if (Base64.DecodeFromUtf8InPlace(bytes, out int length) != System.Buffers.OperationStatus.Done)
            throw json.Failure("b64 is not Base64");
        if (json.NextMember(ref isFirst, out _))
            throw json.Failure("an object in place of bytes has one member, b64");
        return bytes.AsSpan(0, length);
    }

    private void MakeRoom(ref JsonCursor json, int bytes)
    {
        if (Count >= options.MaximumElements)
            throw json.Failure($"a tensor has more than {options.MaximumElements} elements");
        if (_length + bytes > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Math.Max(2L * _bytes.Length, (long)_length + bytes), Array.MaxLength));
    }
}
