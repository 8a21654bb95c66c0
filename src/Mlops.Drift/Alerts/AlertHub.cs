using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Mlops.Drift;

/// <summary>Brings alerts and reports to observers and readers; nothing they do reaches the monitor. Thread-safe.</summary>
internal sealed class AlertHub
{
    private const int ReaderCapacity = 256;
    private const int MaximumAttempts = 10;

    private readonly DriftMonitorServices _services;
    private readonly string _monitor;
    private readonly TimeSpan _timeout;
    private readonly Lock _gate = new();
    private readonly List<Channel<DriftAlert>> _readers = [];
    private readonly Outbox<DriftAlert> _alerts;
    private readonly Outbox<DriftReport> _reports;
    private bool _completed;

    public AlertHub(DriftMonitorServices services, string monitor, TimeSpan timeout)
    {
        _services = services;
        _monitor = monitor;
        _timeout = timeout;
        _alerts = new Outbox<DriftAlert>(
            MaximumAttempts, (observer, alert) => DriftLog.AlertGivenUp(services.Logger, monitor, alert.Change, alert.Id, observer.GetType().Name));

        // A report that fails is not worth a second row of those observers that store it and were only slow.
        _reports = new Outbox<DriftReport>(maximumAttempts: 1, static (_, _) => { });
        foreach (IDriftObserver observer in services.Observers)
            Add(observer);
    }

    /// <summary>Whether some observer still lacks an alert or a report.</summary>
    public bool HasUndelivered => !_alerts.IsEmpty || !_reports.IsEmpty;

    public void Add(IDriftObserver observer)
    {
        _alerts.AddObserver(observer);
        _reports.AddObserver(observer);
    }

    /// <summary>Hands an alert to the readers at once and keeps it for the observers.</summary>
    public void Publish(DriftAlert alert)
    {
        _alerts.Add(alert);
        lock (_gate)
        {
            foreach (Channel<DriftAlert> reader in _readers)
                reader.Writer.TryWrite(alert);
        }
    }

    /// <summary>Keeps a report for the observers.</summary>
    public void Publish(DriftReport report) => _reports.Add(report);

    /// <summary>Tells each observer what it still lacks, alerts first. A cancellation leaves the rest to the next delivery.</summary>
    public async ValueTask DeliverAsync(CancellationToken cancellationToken)
    {
        await _alerts.DeliverAsync(
            (observer, alert) => TellAsync(observer, static (o, a, token) => o.OnAlertAsync(a, token), alert, cancellationToken)).ConfigureAwait(false);
        await _reports.DeliverAsync(
            (observer, report) => TellAsync(observer, static (o, r, token) => o.OnReportAsync(r, token), report, cancellationToken)).ConfigureAwait(false);
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
        DriftAlert[] undelivered = _alerts.ToArray();
        writer.Write(undelivered.Length);
        foreach (DriftAlert alert in undelivered)
            AlertFormat.Write(ref writer, alert);
    }

    public static List<DriftAlert> Read(ref ByteReader reader)
    {
        List<DriftAlert> alerts = [];
        for (int i = reader.ReadCount(sizeof(int)); i > 0; i--)
            alerts.Add(AlertFormat.Read(ref reader));
        return alerts;
    }

    /// <summary>Replaces what waits by what waited when the state was saved, for all observers: the state does not know them.</summary>
    public void Restore(List<DriftAlert> undelivered) => _alerts.Replace(undelivered);

    private async ValueTask<bool> TellAsync<TEvent>(
        IDriftObserver observer, Func<IDriftObserver, TEvent, CancellationToken, ValueTask> call, TEvent happened, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // On a thread of its own, since an observer may block before it awaits.
            await Task.Run(() => call(observer, happened, limit.Token).AsTask(), CancellationToken.None).WaitAsync(_timeout, _services.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The wait can end before the observer's own token has heard, and disposing would keep it from hearing at all.
            await limit.CancelAsync().ConfigureAwait(false);
            throw;
        }
        catch (Exception exception)
        {
            await limit.CancelAsync().ConfigureAwait(false);
            DriftLog.ObserverFailed(_services.Logger, _monitor, observer.GetType().Name, exception);
            return false;
        }
    }
}
