using System.Runtime.CompilerServices;

namespace Mlops.Tracking;

/// <summary>What was logged since the last write began; written as one batch.</summary>
internal sealed class PendingItems
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PendingPoint> _points = [];
    private Dictionary<string, string>? _parameters;
    private Dictionary<string, string>? _tags;

    public List<PendingPoint> Points => _points;

    public IReadOnlyCollection<KeyValuePair<string, string>> Parameters => (IReadOnlyCollection<KeyValuePair<string, string>>?)_parameters ?? [];

    public IReadOnlyCollection<KeyValuePair<string, string>> Tags => (IReadOnlyCollection<KeyValuePair<string, string>>?)_tags ?? [];

    public int Count => _points.Count + (_parameters?.Count ?? 0) + (_tags?.Count ?? 0);

    /// <summary>Somebody waits for the write.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Holds something that was taken without a wait, whose loss only a flush can tell.</summary>
    public bool HasUnawaited { get; private set; }

    public (RunStatus Status, long Time)? End { get; set; }

    public bool HasWork => Count > 0 || End is not null;

    /// <summary>Completes when the items are stored, fails when they are lost.</summary>
    public Task Written => _written.Task;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in PendingPoint point)
    {
        _points.Add(point);
        HasUnawaited = true;
    }

    public void AddParameter(string name, string value)
    {
        (_parameters ??= []).TryAdd(name, value);
        HasUnawaited = true;
    }

    public void SetTag(string name, string value)
    {
        (_tags ??= [])[name] = value;
        HasUnawaited = true;
    }

    public void Complete() => _written.TrySetResult();

    public void Fail(Exception exception)
    {
        _written.TrySetException(exception);

        // Nobody need await a write that nobody asked to be acknowledged.
        _ = _written.Task.Exception;
    }
}

/// <summary>A point whose series is the handle's own number of it.</summary>
internal readonly record struct PendingPoint(int Series, Sample Sample);
