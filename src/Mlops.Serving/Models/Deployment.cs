using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Mlops.Serving;

/// <summary>
/// A place of a model where one version at a time serves, in a role such as <see cref="Live"/>: loads what its source delivers and replaces
/// what serves. Thread-safe.
/// </summary>
#pragma warning disable CA1001 // its model closes it; the semaphore has no handle to free
internal sealed partial class Deployment
{
    /// <summary>Role of the version that answers by default.</summary>
    public const string Live = "live";

    /// <summary>Role of a version that is tried out beside the live one.</summary>
    public const string Candidate = "candidate";

    /// <summary>Role of a version that computes what another answers.</summary>
    public const string Shadow = "shadow";

    /// <summary>Role of a version of a model that has several, each asked for by its number.</summary>
    public const string Numbered = "version";

    private readonly IModelSource _source;
    private readonly bool _ownsSource;
    private readonly IModelRuntime _runtime;
    private readonly ModelContract _contract;
    private readonly ServingEnvironment _environment;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Lock _publishing = new();
    private readonly CancellationTokenSource _stopping = new();
    private volatile ModelSnapshot? _current;
    private volatile ModelLoadException? _lastFailure;
    private volatile string? _superseded;
    private volatile bool _isDisposed;
    private CancellationTokenSource _versionChanged = new();
    private Task _draining = Task.CompletedTask;
    private IDisposable? _watch;
    private int _reloadIsDue;
    private int _retryIsDue;
    private int _sourceFailures;

    public Deployment(
        string model, string role, ModelOptions options, IModelSource source, bool ownsSource, IModelRuntime runtime, ModelContract contract, ServingEnvironment environment)
    {
        Model = model;
        Role = role;
        Options = options;
        _source = source;
        _ownsSource = ownsSource;
        _runtime = runtime;
        _contract = contract;
        _environment = environment;
    }

    /// <summary>Name of the model it belongs to.</summary>
    public string Model { get; }

    /// <summary>Role of what serves here.</summary>
    public string Role { get; }

    /// <summary>The version that answers here now; <c>null</c> while there is none.</summary>
    public ServedVersion? Version => _current?.Version;

    /// <summary>What that version takes and returns; <c>null</c> while there is none.</summary>
    public ModelSignature? Signature => _current?.Signature;

    /// <summary>What callers of the model rely on while nothing serves here; <c>null</c> when there are none.</summary>
    public ModelSignature? Expected { get; init; }

    /// <summary>The place whose callers this one answers too, so that both must look alike to them; <c>null</c> when it has its own.</summary>
    public Deployment? Beside { get; init; }

    /// <summary>Why calls must not share a run, whatever the model; <c>null</c> when they may.</summary>
    public string? CannotBatch { get; init; }

    /// <inheritdoc cref="ServedModel.WatchVersion"/>
    public IChangeToken WatchVersion() => new CancellationChangeToken(Volatile.Read(ref _versionChanged).Token);

    /// <summary>Why the most recent load failed; <c>null</c> when it succeeded or none was tried.</summary>
    public ModelLoadException? LastFailure => _lastFailure;

    public ModelOptions Options { get; }

    private ServingTelemetry Telemetry => _environment.Telemetry;

    private TimeProvider TimeProvider => _environment.TimeProvider;

    private ILogger Logger => _environment.Logger;

    /// <summary>Why the version that is here accepts no more calls; <c>null</c> while it does.</summary>
    public string? Quarantine => _current?.Executor.Quarantine;

    /// <summary>What the version that is here has done; <c>null</c> while there is none.</summary>
    public ModelStatistics? Statistics => _current is { } current ? current.Executor.GetStatistics() with { Variant = Role } : null;

    /// <summary>The serving version, which stays alive until it is released.</summary>
    public ModelSnapshot Acquire()
    {
        if (TryAcquire() is { } snapshot)
            return snapshot;

        ObjectDisposedException.ThrowIf(_isDisposed, this);
        throw new ModelUnavailableException(Model, _lastFailure);
    }

    /// <summary>As <see cref="Acquire"/>; <c>null</c> while there is none.</summary>
    public ModelSnapshot? TryAcquire()
    {
        // A snapshot is retired only after another is visible, or none, so a refusal means that reading again helps.
        while (_current is { } snapshot)
            if (snapshot.TryAcquire())
                return snapshot;

        return null;
    }

    /// <summary>Looks for something while nothing comes to this place or leaves it, in an exchange with another either.</summary>
    public Deployment? WhileUnchanged(Func<Deployment, ServedModel, long, Deployment?> find, ServedModel model, long number)
    {
        lock (_publishing)
            return find(this, model, number);
    }

    public void Watch() => _watch ??= ChangeToken.OnChange(() => _isDisposed ? null : _source.Watch(Model), OnSourceChanged);

    public async ValueTask DisposeAsync()
    {
        Task draining = Close();
        try
        {
            await draining.WaitAsync(Options.DrainTimeout, TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            ServingLog.DrainTimedOut(Logger, Model, Options.DrainTimeout);
        }
    }

    /// <summary>Accepts no more predictions; the task completes when the last one has left.</summary>
    public Task Close()
    {
        lock (_publishing)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _stopping.Cancel();
                _watch?.Dispose();
                if (_ownsSource)
                    (_source as IDisposable)?.Dispose();
                Retire(_current);
                _current = null;
            }

            return _draining;
        }
    }

    /// <summary>
    /// Has two places change what serves in them, if they still hold these versions; both go on undisturbed. Those who watch are told by
    /// <see cref="SignalVersionChanged"/>, which is left to the caller.
    /// </summary>
    /// <param name="live">Where the version serves that leaves.</param>
    /// <param name="serving">That version.</param>
    /// <param name="other">Where the one waits that comes.</param>
    /// <param name="waiting">That version.</param>
    /// <param name="isPromotion">
    /// Whether the source of <paramref name="live"/> may still deliver the version that leaves: a load of it changes nothing then, until another has been loaded.
    /// </param>
    public static bool TryExchange(Deployment live, ServedVersion serving, Deployment other, ServedVersion waiting, bool isPromotion)
    {
        lock (live._publishing)
        {
            lock (other._publishing)
            {
                if (live.Version != serving || other.Version != waiting)
                    return false;

                (live._current, other._current) = (other._current, live._current);
                live._superseded = isPromotion ? serving.Digest : null;
            }
        }

        return true;
    }

    /// <summary>What the source delivers is served again, also when it is what a promotion has replaced.</summary>
    public void FollowSource() => _superseded = null;

    /// <summary>Has loads wait until the result is disposed of: until then only its holder changes what serves here.</summary>
    public async ValueTask<PausedLoads> PauseLoadsAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new PausedLoads(_loading);
    }

    /// <summary>Keeps a digest from being loaded. From here on no load puts it here: the version that is returned is what it may have to be taken out of.</summary>
    public ServedVersion? KeepOut(string digest, string reason)
    {
        lock (_publishing)
        {
            _environment.Quarantine.Add(Model, digest, reason);
            return Version;
        }
    }

    /// <summary>Takes a version out, if it is still here; calls that it answers end undisturbed. The place takes in others later.</summary>
    public void Unload(ServedVersion version)
    {
        lock (_publishing)
        {
            if (_current is { } snapshot && snapshot.Version == version)
            {
                _current = null;
                Retire(snapshot);
            }
        }
    }

    private ExecutorContext ContextOf(bool requireFinite) => new(Model, Role, Options, requireFinite, Telemetry, TimeProvider, Logger, OnQuarantined);

    private void OnQuarantined(ServedVersion version, string reason)
    {
        _environment.Quarantine.Add(Model, version.Digest, reason);
        ServingLog.Quarantined(Logger, Model, version, reason);
    }

    private void Publish(ModelSnapshot snapshot)
    {
        Replace(snapshot);
        SignalVersionChanged();
    }

    /// <summary>Tells those who watch that another version answers.</summary>
    public void SignalVersionChanged()
    {
        CancellationTokenSource changed = Interlocked.Exchange(ref _versionChanged, new CancellationTokenSource());
        try
        {
            changed.Cancel();
        }
        catch (AggregateException exception)
        {
            // The version serves; what those who watch make of it must not undo that.
            ServingLog.VersionWatcherFailed(Logger, Model, Version?.ToString() ?? "none", exception);
        }
    }

    private void Replace(ModelSnapshot snapshot)
    {
        lock (_publishing)
        {
            if (_isDisposed)
            {
                snapshot.Retire();
                throw new ObjectDisposedException(nameof(ModelServer), $"The server was disposed while model '{Model}' was loading.");
            }

            // It may have been taken out of service elsewhere while it was built here.
            if (_environment.Quarantine.Find(Model, snapshot.Version.Digest) is { } reason)
            {
                snapshot.Retire();
                throw Quarantined(snapshot.Version.Number, snapshot.Version.Digest, reason);
            }

            ModelSnapshot? old = _current;
            _current = snapshot;
            _superseded = null;
            Retire(old);
        }
    }

    private void Retire(ModelSnapshot? snapshot)
    {
        if (snapshot is null)
            return;

        snapshot.Retire();
        _draining = _draining.IsCompleted ? snapshot.Disposed : Task.WhenAll(_draining, snapshot.Disposed);
    }

    /// <summary>Loads of a place that wait.</summary>
    public readonly struct PausedLoads(SemaphoreSlim loading) : IDisposable
    {
        public void Dispose() => loading.Release();
    }
}
