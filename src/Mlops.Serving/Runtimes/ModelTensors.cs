using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>The inputs of one prediction, to be filled. Valid only during the call that receives it.</summary>
public readonly ref struct ModelInputs
{
    private readonly IModelSlot? _slot;
    private readonly TensorRequest? _request;
    private readonly ModelSignature _signature;
    private readonly int _row;
    private readonly int _rows = 1;

    internal ModelInputs(IModelSlot slot, ModelSignature signature)
    {
        _slot = slot;
        _signature = signature;
    }

    /// <summary>One row of a request with all inputs in the model's order; with several rows, each of their inputs counts them.</summary>
    internal ModelInputs(TensorRequest request, ModelSignature signature, int row = 0, int rows = 1)
    {
        _request = request;
        _signature = signature;
        _row = row;
        _rows = rows;
    }

    /// <summary>The row of the input at <paramref name="index"/>, all zero at first, in row-major order.</summary>
    /// <typeparam name="T">
    /// How C# holds the element type: <see cref="float"/> for Float32, <see cref="Half"/> for Float16, <see cref="ushort"/> for
    /// the bits of BFloat16, and so on.
    /// </typeparam>
    /// <exception cref="InvalidOperationException">The input holds elements of another type.</exception>
    public Span<T> Get<T>(int index = 0)
        where T : unmanaged
    {
        TensorSpec spec = _signature.Inputs[index];
        if (!spec.Type.IsHeldBy<T>())
            throw new InvalidOperationException($"Input '{spec}' does not hold elements of type {typeof(T).Name}.");

        if (_slot is not null)
            return MemoryMarshal.Cast<byte, T>(_slot.GetInput(index, rows: 1));

        Span<byte> bytes = _request!.Tensors[index].Writable;
        int length = bytes.Length / _rows;
        return MemoryMarshal.Cast<byte, T>(bytes.Slice(_row * length, length));
    }

    /// <inheritdoc cref="Get{T}(int)"/>
    /// <exception cref="ArgumentException">There is no input of that name.</exception>
    public Span<T> Get<T>(string name)
        where T : unmanaged
    {
        int index = ModelSignature.IndexOf(_signature.Inputs, name);
        return index >= 0 ? Get<T>(index) : throw new ArgumentException($"There is no input '{name}' in {_signature}.", nameof(name));
    }
}

/// <summary>The outputs of one prediction. Valid only during the call that receives it; copy what must last.</summary>
public readonly ref struct ModelOutputs
{
    private readonly IModelSlot? _slot;
    private readonly CallAnswer? _answer;
    private readonly ModelSignature _signature;
    private readonly int _selected;
    private readonly int _row;
    private readonly int _rows = 1;

    internal ModelOutputs(IModelSlot slot, ModelSignature signature, int selected)
    {
        _slot = slot;
        _signature = signature;
        _selected = selected;
    }

    /// <summary>One row of an answer with all outputs in the model's order; with several rows, each of the outputs counts them.</summary>
    internal ModelOutputs(CallAnswer answer, ModelSignature signature, int selected, int row = 0, int rows = 1)
    {
        _answer = answer;
        _signature = signature;
        _selected = selected;
        _row = row;
        _rows = rows;
    }

    internal ModelSignature Signature => _signature;

    /// <summary>The selected output as it lies there.</summary>
    internal ReadOnlySpan<byte> Selected => Bytes(_selected);

    /// <summary>The row of the output that the model's registration names, or of the first.</summary>
    /// <inheritdoc cref="Get{T}(int)"/>
    public ReadOnlySpan<T> Get<T>()
        where T : unmanaged => Get<T>(_selected);

    /// <summary>The row of the output at <paramref name="index"/>, in row-major order.</summary>
    /// <typeparam name="T">How C# holds the element type, as for <see cref="ModelInputs.Get{T}(int)"/>.</typeparam>
    /// <exception cref="InvalidOperationException">The output holds elements of another type.</exception>
    public ReadOnlySpan<T> Get<T>(int index)
        where T : unmanaged
    {
        TensorSpec spec = _signature.Outputs[index];
        if (!spec.Type.IsHeldBy<T>())
            throw new InvalidOperationException($"Output '{spec}' does not hold elements of type {typeof(T).Name}.");

        return MemoryMarshal.Cast<byte, T>(Bytes(index));
    }

    /// <inheritdoc cref="Get{T}(int)"/>
    /// <exception cref="ArgumentException">There is no output of that name.</exception>
    public ReadOnlySpan<T> Get<T>(string name)
        where T : unmanaged
    {
        int index = ModelSignature.IndexOf(_signature.Outputs, name);
        return index >= 0 ? Get<T>(index) : throw new ArgumentException($"There is no output '{name}' in {_signature}.", nameof(name));
    }

    internal ReadOnlySpan<byte> Bytes(int index)
    {
        if (_slot is not null)
            return _slot.GetOutput(index, rows: 1);

        ReadOnlySpan<byte> bytes = _answer!.Outputs[index].Bytes;
        int length = bytes.Length / _rows;
        return bytes.Slice(_row * length, length);
    }
}
