namespace Mlops.Serving;

/// <summary>
/// What the runs of one slot have added up to. Written by its user alone and read by anyone: a reader may see a run half counted.
/// </summary>
internal sealed class RunTally
{
    private const int ExactRows = 128;
    private readonly int _least;
    private readonly long[] _counts;
    private readonly long[] _ticks;

    /// <param name="capacity">Most rows of a run, a power of two; runs have more than half of it.</param>
    public RunTally(int capacity)
    {
        // Beyond that, one entry for all sizes up to the capacity.
        _least = capacity <= ExactRows ? capacity / 2 + 1 : capacity;
        _counts = new long[capacity - _least + 1];
        _ticks = new long[_counts.Length];
    }

    public long Runs { get; private set; }

    public long Rows { get; private set; }

    public long InputTicks { get; private set; }

    public long InferTicks { get; private set; }

    public long OutputTicks { get; private set; }

    public long Answers { get; private set; }

    public long AnswerTicks { get; private set; }

    public long QueuedAnswers { get; private set; }

    public long QueueTicks { get; private set; }

    /// <summary>Timestamp of the end of the last run; 0 before the first.</summary>
    public long LastRun { get; private set; }

    public void AddRun(int rows, long begun, long copied, long ran, long done)
    {
        Runs++;
        Rows += rows;
        InputTicks += copied - begun;
        InferTicks += ran - copied;
        OutputTicks += done - ran;
        LastRun = done;
        int size = Math.Max(0, rows - _least);
        _counts[size]++;
        _ticks[size] += ran - copied;
    }

    public void AddAnswer(long ticks)
    {
        Answers++;
        AnswerTicks += ticks;
    }

    public void AddQueuedAnswer(long queued, long ticks)
    {
        AddAnswer(ticks);
        QueuedAnswers++;
        QueueTicks += queued;
    }

    public void AddTo(ModelTotals totals)
    {
        totals.Runs += Runs;
        totals.Rows += Rows;
        totals.InputTicks += InputTicks;
        totals.InferTicks += InferTicks;
        totals.OutputTicks += OutputTicks;
        totals.Answers += Answers;
        totals.AnswerTicks += AnswerTicks;
        totals.QueuedAnswers += QueuedAnswers;
        totals.QueueTicks += QueueTicks;
        totals.LastRun = Math.Max(totals.LastRun, LastRun);
        for (int i = 0; i < _counts.Length; i++)
            if (_counts[i] > 0)
                totals.AddSize(_least + i, _counts[i], _ticks[i]);
    }
}
