namespace Mlops.Drift;

/// <summary>The latest tumbling windows of one version, so that a label which comes late revises the one it belongs to. Not thread-safe.</summary>
internal sealed class WindowLedger(int capacity)
{
    /// <summary>Windows that are kept; labels of older ones still count in the sliding window of errors.</summary>
    public const int MaximumWindows = 32;

    private readonly List<LabelledWindow> _windows = [];

    public void AddRow(int number, long ticks)
    {
        LabelledWindow? window = Find(number);
        if (window is null)
        {
            if (_windows.Count == MaximumWindows)
                _windows.RemoveAt(0);
            _windows.Add(window = new LabelledWindow(number, capacity));
        }

        window.AddRow(ticks);
    }

    public void AddLabel(int number, double prediction, double actual) => Find(number)?.Errors.Add(prediction, actual);

    /// <summary>Ended windows for which labels have come since they were judged, with a copy of their errors.</summary>
    /// <param name="firstOpen">The number of the first window that may still take rows.</param>
    public List<(LabelledWindow Window, long Labelled, double[] Predictions, double[] Actuals)> Take(int firstOpen)
    {
        List<(LabelledWindow, long, double[], double[])> changed = [];
        foreach (LabelledWindow window in _windows)
        {
            if (window.Number >= firstOpen || window.Errors.Seen == window.JudgedLabels)
                continue;
            window.JudgedLabels = window.Errors.Seen;
            (double[] predictions, double[] actuals) = window.Errors.Snapshot();
            changed.Add((window, window.Errors.Seen, predictions, actuals));
        }

        return changed;
    }

    public bool HasNews(int firstOpen) => _windows.Exists(window => window.Number < firstOpen && window.Errors.Seen > window.JudgedLabels);

    public void Write(ref ByteWriter writer)
    {
        writer.Write(_windows.Count);
        foreach (LabelledWindow window in _windows)
            window.Write(ref writer);
    }

    public void Read(ref ByteReader reader)
    {
        _windows.Clear();
        for (int i = reader.ReadCount(sizeof(int)); i > 0; i--)
            _windows.Add(LabelledWindow.Read(ref reader, capacity));
        if (_windows.Count > MaximumWindows)
            throw new DriftFormatException($"Reading a monitor state: it has {_windows.Count} labelled windows of {MaximumWindows} at most. It is damaged.");
    }

    // Rows belong to the newest windows, labels to any.
    private LabelledWindow? Find(int number)
    {
        for (int i = _windows.Count - 1; i >= 0; i--)
        {
            if (_windows[i].Number == number)
                return _windows[i];
        }

        return null;
    }
}
