namespace Mlops.Serving;

/// <summary>Sums over the slots of a version. Not thread-safe.</summary>
internal sealed class ModelTotals
{
    private readonly SortedDictionary<int, (long Count, long Ticks)> _sizes = [];

    public long Runs { get; set; }

    public long Rows { get; set; }

    public long InputTicks { get; set; }

    public long InferTicks { get; set; }

    public long OutputTicks { get; set; }

    public long Answers { get; set; }

    public long AnswerTicks { get; set; }

    public long QueuedAnswers { get; set; }

    public long QueueTicks { get; set; }

    public long LastRun { get; set; }

    public void AddSize(int rows, long count, long ticks)
    {
        _sizes.TryGetValue(rows, out (long Count, long Ticks) seen);
        _sizes[rows] = (seen.Count + count, seen.Ticks + ticks);
    }

    /// <summary>Adds what another has summed.</summary>
    public void Add(ModelTotals other)
    {
        Runs += other.Runs;
        Rows += other.Rows;
        InputTicks += other.InputTicks;
        InferTicks += other.InferTicks;
        OutputTicks += other.OutputTicks;
        Answers += other.Answers;
        AnswerTicks += other.AnswerTicks;
        QueuedAnswers += other.QueuedAnswers;
        QueueTicks += other.QueueTicks;
        LastRun = Math.Max(LastRun, other.LastRun);
        foreach ((int rows, (long count, long ticks)) in other._sizes)
            AddSize(rows, count, ticks);
    }

    public ModelStatistics ToStatistics(ServedVersion version, string variant, (long Count, long Ticks) failures, TimeProvider time)
    {
        double nanoseconds = 1e9 / time.TimestampFrequency;
        return new ModelStatistics
        {
            Version = version,
            Variant = variant,
            InferenceCount = Rows,
            ExecutionCount = Runs,
            LastInference = LastRun == 0 ? null : time.GetUtcNow() - time.GetElapsedTime(LastRun),
            Success = Duration(Answers, AnswerTicks),
            Fail = Duration(failures.Count, failures.Ticks),
            Queue = Duration(QueuedAnswers, QueueTicks),
            ComputeInput = Duration(Runs, InputTicks),
            ComputeInfer = Duration(Runs, InferTicks),
            ComputeOutput = Duration(Runs, OutputTicks),
            BatchSizes = [.. _sizes.Select(size => new BatchSizeStatistics(size.Key, size.Value.Count, (long)(size.Value.Ticks * nanoseconds)))],
        };

        DurationStatistics Duration(long count, long ticks) => new(count, (long)(ticks * nanoseconds));
    }
}
