namespace Mlops.Drift;

/// <summary>A tumbling window's predictions and the labels that have come. Not thread-safe.</summary>
internal sealed class LabelledWindow(int number, int capacity)
{
    public int Number => number;

    public long FirstTicks { get; private set; } = long.MaxValue;

    public long LastTicks { get; private set; } = long.MinValue;

    public long Rows { get; private set; }

    public ErrorWindow Errors { get; } = new(capacity);

    /// <summary>Labels that were known when the window was judged last.</summary>
    public long JudgedLabels { get; set; }

    /// <summary>How often it was judged.</summary>
    public int Judgements { get; private set; }

    public DriftVerdict? Verdict { get; private set; }

    public void AddRow(long ticks)
    {
        Rows++;
        FirstTicks = Math.Min(FirstTicks, ticks);
        LastTicks = Math.Max(LastTicks, ticks);
    }

    /// <summary>Takes note of a judgement and describes it.</summary>
    public WindowPerformance Judged(string? modelVersion, long labelled, ErrorDrift error)
    {
        WindowPerformance performance = new()
        {
            ModelVersion = modelVersion,
            From = new DateTimeOffset(FirstTicks, TimeSpan.Zero),
            To = new DateTimeOffset(LastTicks, TimeSpan.Zero),
            Rows = Rows,
            Labelled = labelled,
            Revision = Judgements++,
            Before = Verdict,
            Error = error,
        };
        Verdict = error.Verdict;
        return performance;
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write([number, FirstTicks, LastTicks, Rows, JudgedLabels, Judgements, Verdict is { } verdict ? (long)verdict : -1]);
        Errors.Write(ref writer);
    }

    public static LabelledWindow Read(ref ByteReader reader, int capacity)
    {
        long[] numbers = reader.ReadInt64s();
        if (numbers.Length != 7)
            throw new DriftFormatException("Reading a monitor state: its labelled windows are damaged.");
        LabelledWindow window = new((int)numbers[0], capacity)
        {
            FirstTicks = numbers[1],
            LastTicks = numbers[2],
            Rows = numbers[3],
            JudgedLabels = numbers[4],
            Judgements = (int)numbers[5],
            Verdict = numbers[6] < 0 ? null : (DriftVerdict)numbers[6],
        };
        window.Errors.Read(ref reader);
        return window;
    }
}
