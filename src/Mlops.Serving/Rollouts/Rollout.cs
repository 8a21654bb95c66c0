using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace Mlops.Serving;

/// <summary>
/// A second version of a model beside the one that serves: which keys it answers, how both compare, and what became of it. Thread-safe.
/// </summary>
public sealed partial class Rollout
{
    private readonly ServedModel _model;
    private readonly Deployment _live;
    private readonly Deployment _candidate;
    private readonly ServingEnvironment _environment;
    private readonly IRolloutTarget? _target;
    private readonly SemaphoreSlim _acting = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private volatile Trial? _trial;
    private volatile RolloutRecord? _record;
    private volatile ServedVersion? _previous;

    internal Rollout(RolloutKind kind, ServedModel model, Deployment live, Deployment candidate, ServingEnvironment environment, IRolloutTarget? target)
    {
        Kind = kind;
        _model = model;
        _live = live;
        _candidate = candidate;
        _environment = environment;
        _target = target;
        environment.Telemetry.Watch(this);
    }

    /// <summary>Name of the model.</summary>
    public string Model => _model.Name;

    /// <summary>What the second version is for.</summary>
    public RolloutKind Kind { get; }

    /// <summary>Where the rollout of the newest candidate is.</summary>
    public RolloutState State => _trial is not null ? RolloutState.Running : _record switch
    {
        null => RolloutState.Waiting,
        { } record when IsUndecided(record) && _environment.Quarantine.Find(_model.Name, record.Digest) is not null => RolloutState.RolledBack,
        { State: RolloutState.Running } => RolloutState.Waiting,
        { State: RolloutState.Promoted } record when _live.Version is { } serving && serving.Digest != record.Digest => RolloutState.Superseded,
        { } record => record.State,
    };

    /// <summary>Share of the keys that the candidate answers now: 0 unless it runs or was promoted.</summary>
    public double Share => _trial?.Split.Share ?? (State == RolloutState.Promoted ? 1 : 0);

    /// <summary>The candidate while it runs; <c>null</c> otherwise.</summary>
    public ServedVersion? Candidate => _trial?.Candidate;

    /// <summary>What the store says of the newest candidate; <c>null</c> before there was one.</summary>
    public RolloutRecord? Record => _record;

    private RolloutOptions Options => _model.Options.Rollout;

    private TimeProvider TimeProvider => _environment.TimeProvider;

    private IRolloutStore Store => _environment.RolloutStore;

    /// <summary>
    /// Asks the candidate's source for its version, checks it as <see cref="ServedModel.ReloadAsync"/> does, and begins its rollout. Not needed where the
    /// source notices changes.
    /// </summary>
    /// <exception cref="ModelLoadException">It was refused, for example because it has been rolled back; what serves still does.</exception>
    public async Task<ServedVersion> ReloadAsync(CancellationToken cancellationToken = default)
    {
        ServedVersion version = await _candidate.ReloadAsync(cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return version;
    }

    /// <summary>Has the candidate answer another share of the keys. As it grows, keys only move to the candidate; those that it answers stay.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="cancellationToken">Gives up before anything has changed.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not between 0 and 1.</exception>
    /// <exception cref="InvalidOperationException">No candidate runs.</exception>
    /// <exception cref="RolloutConflictException">Another process was first.</exception>
    public Task SetShareAsync(double share, CancellationToken cancellationToken = default)
    {
        if (!(share is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share lies between 0 and 1.");
        return DecideAsync("given another share", basis: null, record => record with { Share = share }, cancellationToken);
    }

    /// <summary>
    /// Has the candidate answer all calls, at once: it is loaded and warm. The version before stays loaded for <see cref="RolloutOptions.RollbackWindow"/>, and
    /// a reload whose source still delivers that one changes nothing. Waits for a load of the model that is under way.
    /// </summary>
    /// <param name="reason">Kept with the decision; at most 1,000 characters.</param>
    /// <param name="cancellationToken">Gives up before anything has changed.</param>
    /// <exception cref="InvalidOperationException">No candidate runs, or it was taken out of service meanwhile: it does not answer.</exception>
    /// <exception cref="RolloutConflictException">Another process was first.</exception>
    public Task PromoteAsync(string? reason = null, CancellationToken cancellationToken = default)
    {
        ThrowIfLong(reason);
        return DecideAsync("promoted", basis: null, record => Promoted(record, reason ?? "promoted by hand", Describe(Evaluate())), cancellationToken);
    }

    /// <summary>
    /// Takes the candidate out of service, at once and for good, while it runs or after it was promoted: its digest is not loaded again. Whatever the
    /// store says later, this process has stopped using it when the task is returned. If that was the only version that is loaded, because
    /// <see cref="RolloutOptions.RollbackWindow"/> is over, it answers until the model's own source has been asked for another, which this waits for.
    /// </summary>
    /// <param name="reason">Kept with the decision; 1 to 1,000 characters.</param>
    /// <param name="cancellationToken">Ends the wait for the store, which is tried again later.</param>
    /// <exception cref="InvalidOperationException">No candidate runs or was promoted.</exception>
    /// <exception cref="RolloutConflictException">Another process was first.</exception>
    /// <exception cref="ModelLoadException">It was rolled back, but the version before is not loaded any more and the model's source has no other to serve.</exception>
    public Task RollbackAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        ThrowIfLong(reason);
        return RollBackAsync(reason, Describe(Evaluate()), digest: null, cancellationToken);
    }

    internal Deployment Place => _candidate;

    /// <summary>Chooses who answers a call; false when there is nothing to choose.</summary>
    internal bool TryRoute(string? key, out Routing routing, [NotNullWhen(true)] out ModelSnapshot? snapshot)
    {
        snapshot = null;
        routing = default;
        if (_trial is not { } trial)
            return false;

        Split split = trial.Split;
        bool hasKey = !string.IsNullOrEmpty(key);
        ulong hash = hasKey ? split.Hash(key!) : 0;
        bool takes = hasKey ? split.Takes(hash) : split.TakesByChance();
        Deployment place = takes ? _candidate : _live;
        snapshot = place.TryAcquire();
        if (snapshot is null)
            return false;

        // Between a load and its rollout, or once it accepts no calls, the version that is there is not the candidate's to answer.
        if (takes && (snapshot.Version != trial.Candidate || snapshot.Executor.Quarantine is not null))
        {
            snapshot.Release();
            snapshot = null;
            return false;
        }

        // What answered in the place of a version that has just been replaced says nothing of it.
        bool isEvidence = hasKey && split.Share is > 0 and < 1 && (takes || snapshot.Version == trial.Stable);
        routing = new Routing(place, key, hash, takes, split.Share, isEvidence ? trial.Evidence : null);
        return true;
    }

    /// <summary>Learns what was rolled back, so that nothing of it serves, not even until the first look.</summary>
    internal async Task RecallAsync(CancellationToken cancellationToken)
    {
        try
        {
            KeepOut(await Store.ListAsync(_model.Name, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The model's own source says what serves; a candidate waits for the store.
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
        }
    }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _candidate.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelLoadException)
        {
            // It has been logged and counted; the stable version serves, and a candidate may come later.
        }

        ChangeToken.OnChange(_candidate.WatchVersion, RefreshLater);
        ChangeToken.OnChange(_live.WatchVersion, RefreshLater);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        _ = WatchAsync(_stopping.Token);
    }

    internal void Stop()
    {
        _stopping.Cancel();
        _trial = null;
    }

    private static RolloutRecord Promoted(RolloutRecord record, string reason, string? evidence) =>
        record with { State = RolloutState.Promoted, Reason = reason, Evidence = evidence };

    private static void ThrowIfLong(string? reason)
    {
        const int Longest = 1000;
        if (reason?.Length > Longest)
            throw new ArgumentException($"The reason has {reason.Length} characters; {Longest} are kept.", nameof(reason));
    }

    /// <summary>Two versions, how calls are split between them, and what these have shown.</summary>
    private sealed record Trial(ServedVersion Stable, ServedVersion Candidate, Split Split, RolloutEvidence Evidence)
    {
        /// <summary>Whether it is about these versions, loaded again or not.</summary>
        public bool Compares(ServedVersion stable, ServedVersion candidate) => Stable.Digest == stable.Digest && Candidate.Digest == candidate.Digest;
    }
}
