using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>
/// A named tensor of a <see cref="TensorRequest"/> or a <see cref="TensorResponse"/>, which owns its memory and reuses it: do not keep it
/// longer than they are. Elements are row-major and little-endian; text is packed as <see cref="TensorDataType.Text"/> says.
/// </summary>
public sealed class ModelTensor
{
    private long[] _shape = new long[4];
    private int _rank;
    private byte[] _data = [];
    private int _length;

    internal ModelTensor() => Name = "";

    /// <summary>Name of the input or output.</summary>
    public string Name { get; private set; }

    /// <summary>Element type.</summary>
    public TensorDataType Type { get; private set; }

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, _rank);

    /// <summary>The elements as bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _data.AsSpan(0, _length);

    /// <summary>The elements as memory; valid as long as the tensor is.</summary>
    public ReadOnlyMemory<byte> Memory => _data.AsMemory(0, _length);

    internal Span<byte> Writable => _data.AsSpan(0, _length);

    /// <summary>Number of elements: the product of <see cref="Shape"/>.</summary>
    public long ElementCount
    {
        get
        {
            long count = 1;
            foreach (long size in Shape)
                count *= size;
            return count;
        }
    }

    /// <summary>The elements.</summary>
    /// <typeparam name="T">
    /// How C# holds the element type: <see cref="float"/> for Float32, <see cref="Half"/> for Float16, <see cref="ushort"/> for
    /// the bits of BFloat16, and so on.
    /// </typeparam>
    /// <exception cref="InvalidOperationException">The tensor holds elements of another type.</exception>
    public ReadOnlySpan<T> Get<T>()
        where T : unmanaged => Type.IsHeldBy<T>()
            ? MemoryMarshal.Cast<byte, T>(Bytes)
            : throw new InvalidOperationException($"'{Name}' holds elements of type {Type}, not {typeof(T).Name}.");

    /// <summary>Walks over the elements of a text tensor, in order, without copying them.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not text.</exception>
    public TextEnumerator EnumerateText() => Type == TensorDataType.Text
        ? new TextEnumerator(Bytes)
        : throw new InvalidOperationException($"'{Name}' holds elements of type {Type}, not text.");

    /// <summary>For example <c>features: float32[2,15]</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Type.ToString().ToLowerInvariant()}[{string.Join(',', _shape.Take(_rank))}]");

    /// <summary>Makes it a tensor of that name, type, shape and length; returns its memory, whose content is undefined.</summary>
    internal Span<byte> Set(string name, TensorDataType type, ReadOnlySpan<long> shape, int length)
    {
        Name = name;
        Type = type;
        if (shape.Length > _shape.Length)
            _shape = new long[shape.Length];
        shape.CopyTo(_shape);
        _rank = shape.Length;
        if (length > _data.Length)
            _data = GC.AllocateUninitializedArray<byte>(Math.Max(length, Math.Min(2 * _data.Length, Array.MaxLength)));
        _length = length;
        return _data.AsSpan(0, length);
    }

    /// <summary>Whether a text tensor holds as many whole elements as its shape says.</summary>
    internal bool IsWellPacked()
    {
        var text = new TextEnumerator(Bytes);
        long elements = 0;
        while (text.TryAdvance())
            elements++;

        return text.IsAtEnd && elements == ElementCount;
    }

    /// <summary>The elements of a packed text tensor, one after the other.</summary>
    public ref struct TextEnumerator
    {
        private const int LengthBytes = sizeof(uint);
        private ReadOnlySpan<byte> _rest;

        /// <summary>Walks over elements that are packed as <see cref="TensorDataType.Text"/> says.</summary>
        public TextEnumerator(ReadOnlySpan<byte> packed) => _rest = packed;

        internal readonly bool IsAtEnd => _rest.IsEmpty;

        /// <summary>Bytes of the present element.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Returns itself, for <c>foreach</c>.</summary>
        public readonly TextEnumerator GetEnumerator() => this;

        /// <summary>Goes to the next element; false after the last.</summary>
        /// <exception cref="InvalidDataException">The packing is broken: a length reaches beyond the end.</exception>
        public bool MoveNext() => TryAdvance() || (IsAtEnd
            ? false
            : throw new InvalidDataException("A text tensor is broken: the length of an element reaches beyond the end of the tensor."));

        /// <summary>Goes to the next element; false at the end and where the packing is broken.</summary>
        internal bool TryAdvance()
        {
            if (_rest.Length < LengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(_rest) > (uint)(_rest.Length - LengthBytes))
                return false;

            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest);
            Current = _rest.Slice(LengthBytes, length);
            _rest = _rest[(LengthBytes + length)..];
            return true;
        }
    }
}
