using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Mlops.Storage.Conformance;

/// <summary>Hears at which level the writes of this process are committed, from the meter that a host would read as well.</summary>
public sealed class CommitRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Level, long Items)> _commits = new();

    private CommitRecorder()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Mlops.Storage", Name: "mlops.storage.commit.items" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, items, tags, _) =>
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "mlops.storage.durability")
                {
                    _commits.Enqueue(((string)tag.Value!, items));
                }
            }
        });
        _listener.Start();
    }

    /// <summary>Writes committed at level Power since it began to listen.</summary>
    public long Power => Count("power");

    /// <summary>Begins to listen.</summary>
    public static CommitRecorder Listen() => new();

    /// <summary>How many writes the call commits at level Power; its other writes need not be counted, since leases renew themselves beside it.</summary>
    public static async Task<long> CountPowerAsync(Func<Task> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        using var recorder = new CommitRecorder();
        await call();
        return recorder.Power;
    }

    /// <summary>Whether the call commits something, and nothing of it at level Power.</summary>
    public static async Task<bool> IsProcessOnlyAsync(Func<Task> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        using var recorder = new CommitRecorder();
        await call();
        return recorder.Power == 0 && recorder.Count("process") > 0;
    }

    public void Dispose() => _listener.Dispose();

    private long Count(string level) => _commits.Where(commit => commit.Level == level).Sum(static commit => commit.Items);
}
