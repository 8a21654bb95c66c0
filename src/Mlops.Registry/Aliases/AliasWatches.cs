using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>Every watched alias, and the timer that looks for changes made by other processes.</summary>
internal sealed class AliasWatches(Database database, RegistryStore store, TimeSpan pollInterval, TimeProvider time, ILogger logger, Action forget) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Model, string Alias), AliasWatch> _watches = new();
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private IDisposable? _signals;
    private Task _polling = Task.CompletedTask;
    private bool _busy;
    private bool _again;
    private bool _disposed;

    public IChangeToken Watch(string model, string alias)
    {
        AliasWatch watch = _watches.GetOrAdd((model, alias), key => new AliasWatch(key.Model, key.Alias, logger, forget));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _timer ??= time.CreateTimer(static state => ((AliasWatches)state!).Look(), this, pollInterval, pollInterval);
            _signals ??= database.OnSignal(RegistrySchema.Migrations.Feature, OnSignal);
        }

        return watch.Token;
    }

    public void Observe(string model, string alias, AliasPosition position)
    {
        if (_watches.TryGetValue((model, alias), out AliasWatch? watch))
        {
            watch.Observe(position);
        }
    }

    public void Raise(MovedAlias moved)
    {
        if (_watches.TryGetValue((moved.Change.Model, moved.Change.Alias), out AliasWatch? watch))
        {
            watch.Raise(moved.Position);
        }
    }

    /// <summary>Looks at every watched alias now instead of at the next interval.</summary>
    public void Look()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_busy)
            {
                // The poll under way may be past the alias that has changed.
                _again = true;
                return;
            }

            _busy = true;

            // Whoever signals does not wait for the database.
            _polling = Task.Run(PollAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        ITimer? timer;
        Task polling;
        IDisposable? signals;
        lock (_gate)
        {
            _disposed = true;
            timer = _timer;
            polling = _polling;
            signals = _signals;
        }

        signals?.Dispose();
        if (timer is not null)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        await polling.ConfigureAwait(false);
        foreach (AliasWatch watch in _watches.Values)
        {
            watch.Dispose();
        }
    }

    private void OnSignal()
    {
        forget();
        Look();
    }

    private async Task PollAsync()
    {
        do
        {
            await LookAtAllAsync().ConfigureAwait(false);
        }
        while (TakeAgain());
    }

    private bool TakeAgain()
    {
        lock (_gate)
        {
            _busy = _again && !_disposed;
            _again = false;
            return _busy;
        }
    }

    private async Task LookAtAllAsync()
    {
        foreach (AliasWatch watch in _watches.Values)
        {
            try
            {
                AliasState state = await store.ReadAliasAsync(watch.Model, watch.Alias, CancellationToken.None).ConfigureAwait(false);
                watch.Raise(state.Position);
            }
            catch (Exception exception)
            {
                logger.PollFailed(exception, watch.Model, watch.Alias);
            }
        }
    }
}
