namespace Mlops.Serving;

/// <summary>A call that was answered and is computed a second time. Kept for reuse. Not thread-safe.</summary>
internal sealed class ShadowCall
{
    private byte[] _selected = [];
    private int _length;

    public TensorRequest Request { get; } = new();

    public CallAnswer Answer { get; } = new();

    /// <summary>The version that answered.</summary>
    public ServedVersion Live { get; private set; } = null!;

    /// <summary>What it answered.</summary>
    public ReadOnlySpan<byte> Selected => _selected.AsSpan(0, _length);

    /// <summary>Its computing time per row; 0 where other calls shared it.</summary>
    public double Ticks { get; private set; }

    public int Rows { get; private set; }

    /// <summary>Bytes of all that it holds copies of: inputs, what was answered, and the shadow's answer.</summary>
    public long Bytes
    {
        get
        {
            long bytes = _length;
            foreach (TensorList tensors in (ReadOnlySpan<TensorList>)[Request.Tensors, Answer.Outputs])
                for (int i = 0; i < tensors.Count; i++)
                    bytes += tensors[i].Bytes.Length;
            return bytes;
        }
    }

    public void Begin(ServedVersion live, ReadOnlySpan<byte> selected, double ticks, int rows)
    {
        Live = live;
        Ticks = ticks;
        Rows = rows;
        if (_selected.Length < selected.Length)
            _selected = new byte[selected.Length];
        selected.CopyTo(_selected);
        _length = selected.Length;
    }

    public void Clear()
    {
        Request.Clear();
        Answer.Clear();
        Live = null!;
    }
}
