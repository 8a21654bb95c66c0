namespace Mlops.Drift;

/// <summary>
/// Takes rows and labels from any thread, under a lock held for one copy, and hands them over in blocks. When nobody takes the blocks, it
/// drops and counts rather than wait. Allocates only until it has as many blocks as it ever needed.
/// </summary>
internal sealed class ObservationBuffer(DriftSchema schema, int maximumRows)
{
    private readonly Lock _gate = new();
    private readonly Queue<ObservationBlock> _full = new();
    private readonly Stack<ObservationBlock> _spare = new();
    private ObservationBlock _current = new(schema);
    private int _blocks = 1;

    /// <summary>Rows dropped so far.</summary>
    public long DroppedRows { get; private set; }

    /// <summary>Labels dropped so far.</summary>
    public long DroppedLabels { get; private set; }

    /// <summary>Blocks that hold everything that has come so far.</summary>
    public int Blocks
    {
        get
        {
            lock (_gate)
                return _full.Count + 1;
        }
    }

    /// <summary>Whether the next row would be taken.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return !_current.IsFull || CanRotate;
        }
    }

    /// <summary>Adds a row; true when a block has become full and should be taken.</summary>
    public bool Add(ReadOnlySpan<double> numbers, ReadOnlySpan<string?> texts, in RowFacts facts)
    {
        lock (_gate)
        {
            if (_current.IsFull && !TryRotate())
            {
                DroppedRows++;
                return true;
            }

            _current.Add(numbers, texts, in facts);
            return _current.IsFull;
        }
    }

    /// <inheritdoc cref="Add"/>
    public bool AddLabel(PredictionKey key, double actual)
    {
        lock (_gate)
        {
            if (_current.IsFull && !TryRotate())
            {
                DroppedLabels++;
                return true;
            }

            _current.AddLabel(key, actual);
            return _current.IsFull;
        }
    }

    /// <summary>The oldest block that is full, or any that is not empty; null when there is none. Give it back with <see cref="Return"/>.</summary>
    public ObservationBlock? Take(bool onlyFull)
    {
        lock (_gate)
        {
            if (_full.TryDequeue(out ObservationBlock? oldest))
                return oldest;
            if (_current.IsEmpty || (onlyFull && !_current.IsFull))
                return null;
            ObservationBlock current = _current;
            _current = Spare();
            return current;
        }
    }

    public void Return(ObservationBlock block)
    {
        block.Clear();
        lock (_gate)
            _spare.Push(block);
    }

    /// <summary>Continues the counts of a stored state.</summary>
    public void Continue(long droppedRows, long droppedLabels)
    {
        lock (_gate)
        {
            DroppedRows += droppedRows;
            DroppedLabels += droppedLabels;
        }
    }

    public void ResetCounts()
    {
        lock (_gate)
            DroppedRows = DroppedLabels = 0;
    }

    private bool CanRotate => _spare.Count > 0 || _blocks * ObservationBlock.Capacity < maximumRows;

    private bool TryRotate()
    {
        if (!CanRotate)
            return false;
        _full.Enqueue(_current);
        _current = Spare();
        return true;
    }

    private ObservationBlock Spare()
    {
        if (_spare.TryPop(out ObservationBlock? spare))
            return spare;
        _blocks++;
        return new ObservationBlock(schema);
    }
}
