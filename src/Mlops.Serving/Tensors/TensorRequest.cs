using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlops.Serving;

/// <summary>
/// The inputs of one call at tensor level, and which outputs it wants. Keep one and <see cref="Clear"/> it: its memory is reused. Not thread-safe; must not be changed while a call with it is under way.
/// </summary>
public sealed class TensorRequest
{
    private readonly TensorList _inputs = new();
    private readonly List<string> _outputs = [];

    /// <summary>Inputs, in the order they were added.</summary>
    public IReadOnlyList<ModelTensor> Inputs => _inputs;

    /// <summary>Names of the outputs that are wanted; empty for all.</summary>
    public IReadOnlyList<string> Outputs => _outputs;

    /// <summary>Adds a numeric input.</summary>
    /// <typeparam name="T">As for <see cref="ModelTensor.Get{T}"/>.</typeparam>
    /// <param name="name">Name of the input.</param>
    /// <param name="type">Element type, which <typeparamref name="T"/> must hold.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="values">As many elements as the shape says, row-major.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape, the type is another, or the name is taken.</exception>
    public TensorRequest AddInput<T>(string name, TensorDataType type, ReadOnlySpan<long> shape, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!type.IsHeldBy<T>())
            throw new ArgumentException($"Elements of type {type} are not held by {typeof(T).Name}.", nameof(type));
        if (Count(shape) != values.Length)
            throw new ArgumentException($"Input '{name}' needs {Count(shape)} values for its shape and {values.Length} were given.", nameof(values));

        MemoryMarshal.AsBytes(values).CopyTo(AddInput(name, type, shape, checked(values.Length * Unsafe.SizeOf<T>())));
        return this;
    }

    /// <summary>Adds a float32 input.</summary>
    /// <inheritdoc cref="AddInput{T}(string, TensorDataType, ReadOnlySpan{long}, ReadOnlySpan{T})"/>
    public TensorRequest AddInput(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values) => AddInput(name, TensorDataType.Float32, shape, values);

    /// <summary>Adds a text input, encoded as UTF-8.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="values">As many elements as the shape says, row-major.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape, or the name is taken.</exception>
    public TensorRequest AddText(string name, ReadOnlySpan<long> shape, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (Count(shape) != values.Count)
            throw new ArgumentException($"Input '{name}' needs {Count(shape)} values for its shape and {values.Count} were given.", nameof(values));

        int length = 0;
        foreach (string value in values)
            length = checked(length + sizeof(uint) + Encoding.UTF8.GetByteCount(value));
        Span<byte> packed = AddInput(name, TensorDataType.Text, shape, length);
        foreach (string value in values)
        {
            int bytes = Encoding.UTF8.GetBytes(value, packed[sizeof(uint)..]);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(packed, (uint)bytes);
            packed = packed[(sizeof(uint) + bytes)..];
        }

        return this;
    }

    /// <summary>Adds an input of any type and returns its memory to be filled, whose content is undefined.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="byteLength">Length in bytes: that of the shape's elements, or of the packed text.</param>
    /// <exception cref="ArgumentException">A dimension is negative, the length is not that of the shape, or the name is taken.</exception>
    public Span<byte> AddInput(string name, TensorDataType type, ReadOnlySpan<long> shape, int byteLength)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(byteLength);
        long elements = Count(shape);
        if (type != TensorDataType.Text && (elements > int.MaxValue || elements * type.Size() != byteLength))
            throw new ArgumentException($"Input '{name}' has {elements} elements of {type}, which are not {byteLength} bytes.", nameof(byteLength));
        if (_inputs.IndexOf(name) >= 0)
            throw new ArgumentException($"There is an input '{name}' already.", nameof(name));

        return _inputs.Add().Set(name, type, shape, byteLength);
    }

    /// <summary>Asks for an output; a request that asks for none gets all.</summary>
    /// <exception cref="ArgumentException">It was asked for already.</exception>
    public TensorRequest WantOutput(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_outputs.Contains(name))
            throw new ArgumentException($"Output '{name}' was asked for already.", nameof(name));
        _outputs.Add(name);
        return this;
    }

    /// <summary>Removes all inputs and wishes, and keeps the memory for the next ones.</summary>
    public void Clear()
    {
        _inputs.Clear();
        _outputs.Clear();
    }

    internal TensorList Tensors => _inputs;

    internal List<string> Wishes => _outputs;

    internal int IndexOf(string name) => _inputs.IndexOf(name);

    /// <summary>Product of the dimensions, by checked arithmetic.</summary>
    private static long Count(ReadOnlySpan<long> shape)
    {
        UInt128 count = 1;
        foreach (long size in shape)
        {
            if (size < 0)
                throw new ArgumentException($"A dimension is {size}; it must not be negative.", nameof(shape));
            count *= (ulong)size;
            if (count > long.MaxValue)
                throw new ArgumentException("The shape has more elements than can be counted.", nameof(shape));
        }

        return (long)count;
    }
}
