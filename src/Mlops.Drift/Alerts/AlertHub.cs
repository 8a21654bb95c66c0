using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Mlops.Drift;

/// <summary>Brings alerts and reports to observers and readers; nothing they do reaches the monitor. Thread-safe.</summary>
internal sealed class AlertHub(DriftMonitorServices services, TimeSpan timeout)
{
    private const int ReaderCapacity = 256;

    private readonly Lock _gate = new();
    private readonly List<Channel<DriftAlert>> _readers = [];
    private readonly List<DriftAlert> _undelivered = [];
    private IDriftObserver[] _observers = [.. services.Observers];
    private bool _completed;

    public void Add(IDriftObserver observer)
    {
        lock (_gate)
            _observers = [.. _observers, observer];
    }

    /// <summary>Hands an alert to the readers at once and keeps it for the observers.</summary>
    public void Publish(DriftAlert alert)
    {
        lock (_gate)
        {
            _undelivered.Add(alert);
            foreach (Channel<DriftAlert> reader in _readers)
                reader.Writer.TryWrite(alert);
        }
    }

    /// <summary>Tells the observers what was published since the last time, then the report.</summary>
    public async ValueTask DeliverAsync(DriftReport report, string monitor, CancellationToken cancellationToken)
    {
        while (Next() is { } alert)
        {
            foreach (IDriftObserver observer in _observers)
                await CallAsync(observer, static (o, a, token) => o.OnAlertAsync(a, token), alert, monitor, cancellationToken).ConfigureAwait(false);
            lock (_gate)
                _undelivered.Remove(alert);
        }

        foreach (IDriftObserver observer in _observers)
            await CallAsync(observer, static (o, r, token) => o.OnReportAsync(r, token), report, monitor, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<DriftAlert> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<DriftAlert> channel = Channel.CreateBounded<DriftAlert>(new BoundedChannelOptions(ReaderCapacity)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true,
        });
        lock (_gate)
        {
            if (_completed)
                yield break;
            _readers.Add(channel);
        }

        try
        {
            await foreach (DriftAlert alert in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return alert;
        }
        finally
        {
            lock (_gate)
                _readers.Remove(channel);
        }
    }

    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            foreach (Channel<DriftAlert> reader in _readers)
                reader.Writer.TryComplete();
        }
    }

    public void Write(ref ByteWriter writer)
    {
        lock (_gate)
        {
            writer.Write(_undelivered.Count);
            foreach (DriftAlert alert in _undelivered)
                AlertFormat.Write(ref writer, alert);
        }
    }

    public static List<DriftAlert> Read(ref ByteReader reader)
    {
        List<DriftAlert> alerts = [];
        for (int i = reader.ReadCount(sizeof(int)); i > 0; i--)
            alerts.Add(AlertFormat.Read(ref reader));
        return alerts;
    }

    public void Restore(List<DriftAlert> undelivered)
    {
        lock (_gate)
        {
            _undelivered.Clear();
            _undelivered.AddRange(undelivered);
        }
    }

    private DriftAlert? Next()
    {
        lock (_gate)
            return _undelivered.Count > 0 ? _undelivered[0] : null;
    }

    private async ValueTask CallAsync<TEvent>(
        IDriftObserver observer,
        Func<IDriftObserver, TEvent, CancellationToken, ValueTask> call,
        TEvent happened,
        string monitor,
        CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await call(observer, happened, limit.Token).AsTask().WaitAsync(timeout, services.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            DriftLog.ObserverFailed(services.Logger, monitor, observer.GetType().Name, exception);
        }
    }
}
