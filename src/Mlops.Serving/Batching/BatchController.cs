namespace Mlops.Serving;

/// <summary>
/// Decides from measured runs whether calls of one shape should share them. Alone, it sees neither how many calls would come together nor what
/// they would cost, so now and then it has a few queue up and looks; it goes on only if a row then costs a twentieth less, hand-over included,
/// and stops when it no longer costs less. Calls that never overlap are never asked to queue. Pure but for its lock: fed with rows and ticks.
/// </summary>
internal sealed class BatchController
{
    private const int ProbedCalls = 64;
    private const int JudgedBatches = 64;
    private const int FirstPause = 2_000;
    private const int LongestPause = 32_000;
    private const int Explored = 8;       // one period of so many
    private const int Exploration = 4;    // times the rows that are known to be worthwhile
    private const double WorthGain = 1.05;
    private const double LeastOverlap = 0.01;   // of the calls; two threads that never meet cannot share a run
    private const double HandOverPerCall = 0.25e-6;   // to the queue and back to the caller, in seconds: measured with a model that does nothing
    private const double HandOverPerBatch = 2e-6;   // waking a thread
    private const double Weight = 1.0 / 16;

    private readonly Lock _lock = new();
    private readonly CostCurve _curve = new();
    private readonly int _maximumRows;
    private readonly double _ticksPerCall;
    private readonly double _ticksPerBatch;
    private volatile BatchingMode _mode;
    private volatile bool _isForbidden;
    private int _limit;
    private double _gain = 1;
    private double _overheadPerCall;
    private double _lastCallsPerBatch = 1;
    private int _pause = FirstPause;
    private long _alone;
    private long _overlapping;
    private int _judgements;
    private int _calls;
    private int _batches;
    private long _rows;
    private double _ticks;

    public BatchController(int maximumRows, long ticksPerSecond)
    {
        _maximumRows = maximumRows;
        _limit = maximumRows;
        _ticksPerCall = HandOverPerCall * ticksPerSecond;
        _ticksPerBatch = HandOverPerBatch * ticksPerSecond;
    }

    public BatchingMode Mode => _mode;

    /// <summary>How many times as fast a row is together as alone, hand-over included, by the last judgement; 1 before the first.</summary>
    public double Gain => Volatile.Read(ref _gain);

    /// <summary>Most rows that a run should take now.</summary>
    public int Limit => _mode == BatchingMode.Alone ? 1 : Volatile.Read(ref _limit);

    /// <summary>Calls that the last batches held on average.</summary>
    public double CallsPerBatch => Volatile.Read(ref _lastCallsPerBatch);

    /// <summary>For good: answers alone and together were found to differ, for example.</summary>
    public void Forbid()
    {
        _isForbidden = true;
        _mode = BatchingMode.Alone;
    }

    /// <summary>Ticks that a run of so many rows takes; 0 while nothing is known.</summary>
    public double Predict(int rows)
    {
        lock (_lock)
            return _curve.Predict(rows);
    }

    /// <summary>Calls that ran alone; false when another thread is reporting, and the caller should count on.</summary>
    /// <param name="calls">How many since the last report.</param>
    /// <param name="overlapping">How many of them began while another was under way or waited.</param>
    /// <param name="rows">Rows of the last of them.</param>
    /// <param name="ticks">Its time in the runtime.</param>
    public bool TryReportAlone(int calls, int overlapping, int rows, long ticks)
    {
        if (!_lock.TryEnter())
            return false;

        try
        {
            _curve.Add(rows, ticks);
            _alone += calls;
            _overlapping += overlapping;
            if (_mode == BatchingMode.Alone && !_isForbidden && _maximumRows > 1 && _alone >= _pause)
            {
                if (_overlapping >= LeastOverlap * _alone)
                    Begin(BatchingMode.Probing);
                _alone = _overlapping = 0;
            }

            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>A run for calls that had queued, be it one.</summary>
    /// <param name="calls">Calls that shared it.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="ticks">Time in the runtime.</param>
    /// <param name="overhead">Time of the runner around it: copying, and telling the callers.</param>
    public void ReportBatch(int calls, int rows, long ticks, long overhead)
    {
        lock (_lock)
        {
            _curve.Add(rows, ticks);
            double perCall = (double)overhead / calls;
            _overheadPerCall += Weight * (Math.Min(perCall, _overheadPerCall == 0 ? perCall : 4 * _overheadPerCall) - _overheadPerCall);
            if (_mode == BatchingMode.Alone)
                return;

            _calls += calls;
            _batches++;
            _rows += rows;
            _ticks += _curve.Predict(rows);
            if (_mode == BatchingMode.Probing ? _calls >= ProbedCalls : _batches >= JudgedBatches)
                Judge();
        }
    }

    private void Judge()
    {
        // Of predicted runs, not of the measured ones: one that was interrupted would decide alone.
        int rowsPerCall = Math.Max(1, (int)(_rows / _calls));
        double together = _ticks / _calls + _overheadPerCall + _ticksPerCall + _ticksPerBatch * _batches / _calls;
        double gain = _curve.Predict(rowsPerCall) / together;
        Volatile.Write(ref _gain, gain);
        Volatile.Write(ref _lastCallsPerBatch, (double)_calls / _batches);
        Volatile.Write(ref _limit, NextLimit());
        bool pays = gain > (_mode == BatchingMode.Probing ? WorthGain : 1) && !_isForbidden;
        if (pays)
            _pause = FirstPause;
        else if (_mode == BatchingMode.Probing)
            _pause = Math.Min(2 * _pause, LongestPause);
        Begin(pays ? BatchingMode.Together : BatchingMode.Alone);
    }

    // What is known of larger runs may date from when the process was cold, so now and then they are tried again.
    private int NextLimit()
    {
        int worthwhile = _curve.FindWorthwhileRows(_maximumRows, _ticksPerBatch, _overheadPerCall + _ticksPerCall);
        return _judgements++ % Explored == 0 ? (int)Math.Min(_maximumRows, (long)Exploration * worthwhile) : worthwhile;
    }

    private void Begin(BatchingMode mode)
    {
        _calls = _batches = 0;
        _rows = 0;
        _ticks = 0;
        _mode = mode;
    }
}
