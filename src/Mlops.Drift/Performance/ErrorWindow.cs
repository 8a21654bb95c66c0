namespace Mlops.Drift;

/// <summary>The latest predictions of one version whose labels are known, in the order they were joined. Not thread-safe.</summary>
internal sealed class ErrorWindow(int capacity)
{
    private double[] _predictions = [];
    private double[] _actuals = [];
    private int _start;

    public int Count { get; private set; }

    /// <summary>Pairs joined since the version became active.</summary>
    public long Seen { get; private set; }

    /// <summary>Pairs that are not finite and count in no error.</summary>
    public long NotFinite { get; private set; }

    public void Add(double prediction, double actual)
    {
        Seen++;
        if (!double.IsFinite(prediction) || !double.IsFinite(actual))
        {
            NotFinite++;
            return;
        }

        if (Count == _predictions.Length && Count < capacity)
            Grow();
        int slot = (_start + Count) % _predictions.Length;
        if (Count == capacity)
            _start = (_start + 1) % capacity;
        else
            Count++;
        _predictions[slot] = prediction;
        _actuals[slot] = actual;
    }

    public (double[] Predictions, double[] Actuals) Snapshot()
    {
        double[] predictions = new double[Count], actuals = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            int slot = (_start + i) % _predictions.Length;
            predictions[i] = _predictions[slot];
            actuals[i] = _actuals[slot];
        }

        return (predictions, actuals);
    }

    public void Write(ref ByteWriter writer)
    {
        (double[] predictions, double[] actuals) = Snapshot();
        writer.Write(Seen);
        writer.Write(NotFinite);
        writer.Write(predictions);
        writer.Write(actuals);
    }

    public void Read(ref ByteReader reader)
    {
        long seen = reader.ReadInt64(), notFinite = reader.ReadInt64();
        double[] predictions = reader.ReadDoubles(), actuals = reader.ReadDoubles();
        if (predictions.Length != actuals.Length)
            throw new DriftFormatException("Reading a monitor state: its errors do not pair. It is damaged.");
        Count = 0;
        _start = 0;
        for (int i = 0; i < predictions.Length; i++)
            Add(predictions[i], actuals[i]);
        Seen = seen;
        NotFinite = notFinite;
    }

    private void Grow()
    {
        (double[] predictions, double[] actuals) = Snapshot();
        int size = Math.Min(capacity, Math.Max(64, 2 * Count));
        Array.Resize(ref predictions, size);
        Array.Resize(ref actuals, size);
        _predictions = predictions;
        _actuals = actuals;
        _start = 0;
    }
}
