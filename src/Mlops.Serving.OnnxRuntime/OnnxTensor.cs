namespace Mlops.Serving.OnnxRuntime;

/// <summary>
/// One input or output of a slot. Numbers of known size lie in the slot's block and are bound once; text, and outputs whose size only the
/// run tells, are copied after it.
/// </summary>
internal sealed class OnnxTensor
{
    private long[] _shape;
    private byte[] _copy = [];
    private int _copied;

    /// <param name="spec">As the model declares it.</param>
    /// <param name="shape">Its shape, -1 first where it counts rows; <c>null</c> when only the run tells.</param>
    /// <param name="maximumRows">Most rows of a run.</param>
    /// <param name="blockLength">Length of the block so far; grows by what this tensor needs.</param>
    public OnnxTensor(TensorSpec spec, IReadOnlyList<long>? shape, int maximumRows, ref int blockLength)
    {
        Name = spec.Name;
        Type = spec.Type;
        _shape = [.. shape ?? spec.Shape];
        HasRows = _shape is [-1, ..];
        IsInBlock = shape is not null && Type != TensorDataType.Text;
        if (!IsInBlock)
            return;

        Offset = blockLength;
        BytesPerRow = Type.Size();
        foreach (long size in HasRows ? _shape.AsSpan(1) : _shape)
            BytesPerRow = checked((int)(BytesPerRow * size));
        blockLength = checked(blockLength + (Length(maximumRows) + OnnxSlot.Alignment - 1) / OnnxSlot.Alignment * OnnxSlot.Alignment);
    }

    public string Name { get; }

    public TensorDataType Type { get; }

    public bool HasRows { get; }

    public bool IsInBlock { get; }

    public int Offset { get; }

    public int BytesPerRow { get; }

    /// <summary>What the last run left, of a tensor that is copied.</summary>
    public ReadOnlySpan<byte> Copied => _copy.AsSpan(0, _copied);

    /// <summary>Bytes of that many rows in the block.</summary>
    public int Length(int rows) => HasRows ? checked(BytesPerRow * rows) : BytesPerRow;

    /// <summary>The shape with that many rows; the array is the same for every call.</summary>
    public long[] Shape(int rows)
    {
        if (HasRows && IsInBlock)
            _shape[0] = rows;
        return _shape;
    }

    /// <summary>A shape of its own with that many rows.</summary>
    public long[] CopyShape(int rows)
    {
        long[] shape = [.. _shape];
        if (HasRows)
            shape[0] = rows;
        return shape;
    }

    /// <summary>Room for what a run left, of a tensor that is copied; keeps the shape.</summary>
    public Span<byte> Copy(long[] shape, int length)
    {
        _shape = shape;
        if (length > _copy.Length)
            _copy = new byte[length];
        _copied = length;
        return _copy.AsSpan(0, length);
    }
}
