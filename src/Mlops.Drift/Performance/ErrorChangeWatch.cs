using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Feeds a detector with the errors of one version. Not thread-safe.</summary>
internal sealed class ErrorChangeWatch
{
    private readonly ErrorDetectorKind _kind;
    private readonly ErrorMeasure _measure;
    private readonly double _decisionThreshold;
    private readonly IChangeDetector _detector;
    private long _changes;
    private long _lastTicks = RowFacts.NoTime;
    private bool _isNew;

    private ErrorChangeWatch(ErrorDetectorKind kind, ErrorMeasure measure, double decisionThreshold, IChangeDetector detector)
    {
        _kind = kind;
        _measure = measure;
        _decisionThreshold = decisionThreshold;
        _detector = detector;
    }

    /// <summary>The watch of a version, or null where the options ask for none or for one that lacks its baseline.</summary>
    public static ErrorChangeWatch? For(DriftMonitorOptions options, ErrorBaseline? baseline)
    {
        ErrorMeasure measure = baseline?.Measure ?? options.ErrorMeasure;
        bool isRate = measure == ErrorMeasure.Misclassification;
        IChangeDetector? detector = options.ErrorDetector switch
        {
            ErrorDetectorKind.Cusum when baseline is { StandardDeviation: > 0 } =>
                Cusum.ForExpectedRunLength(baseline.Mean, baseline.StandardDeviation, options.ErrorDetectorRunLength, direction: ChangeDirection.Up),
            ErrorDetectorKind.EDetector when isRate && baseline is { Mean: > 0 and < 1 } =>
                new EDetector(baseline.Mean, expectedRunLength: options.ErrorDetectorRunLength, direction: ChangeDirection.Up),
            ErrorDetectorKind.PageHinkley => new PageHinkley(direction: ChangeDirection.Up),
            ErrorDetectorKind.Adwin => new Adwin(),
            ErrorDetectorKind.Ddm when isRate => new Ddm(),
            ErrorDetectorKind.HddmA when isRate => new HddmA(),
            _ => null,
        };
        return detector is null ? null : new ErrorChangeWatch(options.ErrorDetector, measure, baseline?.DecisionThreshold ?? options.DecisionThreshold, detector);
    }

    public void Add(double prediction, double actual, long nowTicks)
    {
        if (_detector.Update(_measure.Error(prediction, actual, _decisionThreshold)) != ChangeSignal.Change)
            return;
        _changes++;
        _lastTicks = nowTicks;
        _isNew = true;
    }

    /// <summary>What was seen; a new change is new once.</summary>
    public ErrorChange Take()
    {
        ErrorChange seen = new()
        {
            Detector = _kind,
            Changes = _changes,
            LastAt = _lastTicks == RowFacts.NoTime ? null : new DateTimeOffset(_lastTicks, TimeSpan.Zero),
            IsNew = _isNew,
            Rows = _detector.Count,
        };
        _isNew = false;
        return seen;
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write((byte)_kind);
        writer.Write([_changes, _lastTicks, _isNew ? 1 : 0]);
        writer.Write((ReadOnlySpan<byte>)_detector.SaveState());
    }

    /// <summary>Goes on from a stored watch; one of another detector or of other settings is passed over.</summary>
    public static void Read(ref ByteReader reader, ErrorChangeWatch? watch)
    {
        ErrorDetectorKind kind = (ErrorDetectorKind)reader.ReadByte();
        long[] numbers = reader.ReadInt64s();
        ReadOnlySpan<byte> state = reader.ReadBytes();
        if (numbers.Length != 3)
            throw new DriftFormatException("Reading a monitor state: its change detector is damaged.");
        if (watch?._kind != kind)
            return;
        try
        {
            watch._detector.RestoreState(state);
            (watch._changes, watch._lastTicks, watch._isNew) = (numbers[0], numbers[1], numbers[2] != 0);
        }
        catch (FormatException)
        {
            // Saved with another run length or baseline: the watch starts afresh, as a window of another length does.
        }
    }
}
