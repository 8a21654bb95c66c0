using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Mlops.Drift;

/// <summary>Brings alerts and reports to observers and readers; nothing they do reaches the monitor. Thread-safe.</summary>
internal sealed class AlertHub
{
    private const int ReaderCapacity = 256;

    private readonly DriftMonitorServices _services;
    private readonly string _monitor;
    private readonly TimeSpan _timeout;
    private readonly Lock _gate = new();
    private readonly List<Channel<DriftAlert>> _readers = [];
    private readonly Outbox<DriftAlert> _alerts;
    private readonly Outbox<DriftReport> _reports;
    private Listener[] _listeners = [];
    private long _lostAlerts;
    private long _lostReports;
    private long _missedAlerts;
    private bool _completed;

    public AlertHub(DriftMonitorServices services, string monitor, TimeSpan timeout)
    {
        _services = services;
        _monitor = monitor;
        _timeout = timeout;
        _alerts = new Outbox<DriftAlert>(services.TimeProvider, NoteLoss);
        _reports = new Outbox<DriftReport>(services.TimeProvider, NoteLoss);
        foreach (IDriftObserver observer in services.Observers)
            Add(observer);
    }

    /// <summary>Whether some observer still lacks an alert or a report.</summary>
    public bool HasUndelivered => !_alerts.IsEmpty || !_reports.IsEmpty;

    /// <summary>Whether some observer lacks one and need not wait.</summary>
    public bool HasDue => HasUndelivered && Volatile.Read(ref _listeners).Any(IsDue);

    /// <summary>Alerts that an observer will never be told, counted for each observer.</summary>
    public long LostAlerts => Interlocked.Read(ref _lostAlerts);

    /// <summary>Reports that an observer will never be told, counted for each observer.</summary>
    public long LostReports => Interlocked.Read(ref _lostReports);

    /// <summary>Alerts that a reader was too slow for.</summary>
    public long MissedAlerts => Interlocked.Read(ref _missedAlerts);

    public void Add(IDriftObserver observer)
    {
        lock (_gate)
            Volatile.Write(ref _listeners, [.. _listeners, new Listener(observer, _alerts.AddObserver(observer), _reports.AddObserver(observer), _timeout, _services.TimeProvider)]);
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

    /// <summary>
    /// Tells each observer what it still lacks, alerts first; observers do not wait for one another. A cancellation leaves the rest to the
    /// next delivery. Deliveries come one at a time.
    /// </summary>
    /// <param name="isLast">Whether reports, which no state holds, are tried once more before their wait is over.</param>
    /// <param name="cancellationToken">Ends the delivery.</param>
    public async ValueTask DeliverAsync(bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(Volatile.Read(ref _listeners).Select(listener => DeliverAsync(listener, isLast, cancellationToken))).ConfigureAwait(false);
        }
        finally
        {
            _alerts.Trim();
            _reports.Trim();
        }
    }

    /// <summary>The alerts from this call on.</summary>
    public IAsyncEnumerable<DriftAlert> ReadAsync(CancellationToken cancellationToken)
    {
        Channel<DriftAlert> channel = Channel.CreateBounded<DriftAlert>(
            new BoundedChannelOptions(ReaderCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, NoteMiss);
        lock (_gate)
        {
            if (_completed)
                channel.Writer.Complete();
            else
                _readers.Add(channel);
        }

        return ReadAllAsync(channel, cancellationToken);
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

    private async Task DeliverAsync(Listener listener, bool isLast, CancellationToken cancellationToken)
    {
        await DeliverAsync(_alerts, listener, listener.Alerts, static (o, alert, token) => o.OnAlertAsync(alert, token), mayHurry: false, cancellationToken).ConfigureAwait(false);
        await DeliverAsync(_reports, listener, listener.Reports, static (o, report, token) => o.OnReportAsync(report, token), isLast, cancellationToken).ConfigureAwait(false);
    }

    private async Task DeliverAsync<TEvent>(
        Outbox<TEvent> outbox, Listener listener, OutboxPlace place, Func<IDriftObserver, TEvent, CancellationToken, ValueTask> call, bool mayHurry, CancellationToken cancellationToken)
    {
        while (!listener.IsStuck && outbox.TryPeek(place, mayHurry, out TEvent? happened, out long number))
        {
            mayHurry = false;
            if (await listener.TellAsync((observer, token) => call(observer, happened, token), cancellationToken).ConfigureAwait(false) is { } failure)
            {
                DriftLog.ObserverFailed(_services.Logger, _monitor, listener.Observer.GetType().Name, failure);
                outbox.Fail(place, number, failure);
            }
            else
            {
                outbox.Take(place, number);
            }
        }
    }

    private bool IsDue(Listener listener) => !listener.IsStuck
        && (_alerts.TryPeek(listener.Alerts, mayHurry: false, out _, out _) || _reports.TryPeek(listener.Reports, mayHurry: false, out _, out _));

    private async IAsyncEnumerable<DriftAlert> ReadAllAsync(Channel<DriftAlert> channel, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (DriftAlert alert in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return alert;
        }
        finally
        {
            lock (_gate)
                _readers.Remove(channel);
            channel.Writer.TryComplete();
        }
    }

    private void NoteLoss(IDriftObserver observer, DriftAlert alert)
    {
        Interlocked.Increment(ref _lostAlerts);
        DriftLog.AlertGivenUp(_services.Logger, _monitor, alert.Change, alert.Id, observer.GetType().Name);
    }

    private void NoteLoss(IDriftObserver observer, DriftReport report)
    {
        Interlocked.Increment(ref _lostReports);
        DriftLog.ReportGivenUp(_services.Logger, _monitor, report.EvaluatedAt, observer.GetType().Name);
    }

    private void NoteMiss(DriftAlert alert)
    {
        if (Interlocked.Increment(ref _missedAlerts) == 1)
            DriftLog.AlertMissed(_services.Logger, _monitor, alert.Id);
    }
}
