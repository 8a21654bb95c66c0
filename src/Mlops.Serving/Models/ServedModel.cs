using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Mlops.Serving;

/// <summary>One model of a server: which versions are loaded, and which of them answers a call. Thread-safe.</summary>
public sealed partial class ServedModel
{
    private volatile Deployment _live;
    private readonly ServingEnvironment _environment;
    private readonly Spares<CallAnswer> _answers = new(Math.Max(256, 16 * Environment.ProcessorCount));   // more calls at once get theirs anew
    private ImmutableArray<Deployment> _others = [];

    internal ServedModel(Deployment live, ServingEnvironment environment, ModelObservers observers)
    {
        _live = live;
        _environment = environment;
        Observers = observers;
    }

    /// <summary>Name under which it was registered.</summary>
    public string Name => _live.Model;

    /// <summary>The version that answers now; <c>null</c> while there is none.</summary>
    public ServedVersion? Version => _live.Version;

    /// <summary>What that version takes and returns; <c>null</c> while there is none.</summary>
    public ModelSignature? Signature => _live.Signature;

    /// <summary>Every version that is loaded, the one that answers by default first.</summary>
    public IReadOnlyList<ServedVersion> Versions => [.. Deployments.Select(static deployment => deployment.Version).OfType<ServedVersion>()];

    /// <summary>What every loaded version has done since it was loaded, the one that answers by default first.</summary>
    public IReadOnlyList<ModelStatistics> Statistics => [.. Deployments.Select(static deployment => deployment.Statistics).OfType<ModelStatistics>()];

    /// <summary>Why the most recent load failed; <c>null</c> when it succeeded or none was tried.</summary>
    public ModelLoadException? LastFailure => _live.LastFailure;

    /// <summary>Whether a version serves and accepts calls. A failed reload does not change that.</summary>
    public bool IsReady => _live is { Version: not null, Quarantine: null };

    internal string? Quarantine => _live.Quarantine;

    internal ModelOptions Options => _live.Options;

    internal ServingTelemetry Telemetry => _environment.Telemetry;

    internal ModelObservers Observers { get; }

    internal TimeProvider TimeProvider => _environment.TimeProvider;

    internal ILogger Logger => _environment.Logger;

    /// <summary>Whether a folder decides which versions are loaded.</summary>
    internal bool IsOfFolder => _live.Role == Deployment.Numbered;

    private IEnumerable<Deployment> Deployments => new[] { _live }.Concat(_others).Distinct();

    /// <summary>
    /// Fires once, when another version has taken over; <see cref="Version"/> is that one or a later one by then. Take the next token before
    /// reading <see cref="Version"/>, as <see cref="ChangeToken.OnChange(Func{IChangeToken?}, Action)"/> does, and no change is missed.
    /// Callbacks run on the thread that loaded, after the swap: they delay no prediction.
    /// </summary>
    public IChangeToken WatchVersion() => _live.WatchVersion();

    /// <summary>
    /// Asks the source for the version that should serve, checks it, warms it up and puts it in the place of the one that serves,
    /// which finishes its predictions and is disposed of. Loads of one model run one after the other. A version that already
    /// serves is not loaded again, and one that a promotion has replaced (<see cref="Rollout.PromoteAsync"/>) only after another has been.
    /// </summary>
    /// <returns>The version that serves afterwards. Predictions that start after this use it or a later one.</returns>
    /// <exception cref="ModelLoadException">The version was refused; the one before still serves.</exception>
    /// <exception cref="ObjectDisposedException">The server has been disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the version before still serves.</exception>
    public Task<ServedVersion> ReloadAsync(CancellationToken cancellationToken = default) => _live.ReloadAsync(cancellationToken);

    /// <summary>The second version that is tried out beside the one that serves; <c>null</c> where none was registered.</summary>
    public Rollout? Rollout { get; private set; }

    /// <summary>The version that computes what the live one answers, for comparison only; <c>null</c> where none was registered.</summary>
    public Shadow? Shadow { get; private set; }

    /// <summary>Finds who answers a call and keeps it alive until it is released.</summary>
    /// <param name="options">Of the call.</param>
    /// <param name="isRouted">Whether a candidate may answer; no for what no user waits for, whose answers shall come from one version.</param>
    /// <param name="routing">Who answers.</param>
    internal ModelSnapshot Acquire(in PredictionOptions options, bool isRouted, out Routing routing)
    {
        if (isRouted && options.Version is null && Rollout is { } rollout && rollout.TryRoute(options.RoutingKey, out routing, out ModelSnapshot? snapshot))
            return snapshot;

        while (true)
        {
            Deployment deployment = Route(options);
            if (deployment.TryAcquire() is not { } acquired)
            {
                if (Route(options) != deployment)
                    continue;   // it has just been taken away, and another answers
                acquired = deployment.Acquire();
            }

            if (options.Version is not { } number || acquired.Version.Number == number)
            {
                routing = new Routing(deployment, options.RoutingKey);
                return acquired;
            }

            acquired.Release();   // another version took over its place in between
        }
    }

    /// <summary>Chooses who answers a call: the version that it names, else the one that serves by default.</summary>
    internal Deployment Route(in PredictionOptions options)
    {
        if (options.Version is not { } number)
            return _live;

        while (true)
        {
            Deployment live = _live;
            if (Find(live, _others, number) is { } found)
                return found;

            // It may have changed places while they were looked through, so that they are once more while it cannot.
            if (live.WhileUnchanged(static (live, model, number) => Find(live, model._others, number), this, number) is { } late)
                return late;
            if (live == _live)
                throw new ModelVersionNotFoundException(Name, number, [.. Versions.Select(static version => version.Number)]);
        }
    }

    /// <summary>Keeps a version from being put into service again, as long as the process runs.</summary>
    internal void QuarantineDigest(string digest, string reason) => _environment.Quarantine.Add(Name, digest, reason);

    /// <summary>Whether a version is kept out of service.</summary>
    internal bool IsQuarantined(string digest) => _environment.Quarantine.Find(Name, digest) is not null;

    /// <summary>Adds a place beside the live one: a version that is asked for by number, or a role of a rollout.</summary>
    internal void Add(Deployment deployment) => ImmutableInterlocked.Update(ref _others, static (all, one) => all.Add(one), deployment);

    /// <summary>As <see cref="Add(Deployment)"/>, unless it is there already.</summary>
    internal void AddOnce(Deployment deployment)
    {
        if (!Deployments.Contains(deployment))
            Add(deployment);
    }

    internal bool IsDefault(Deployment deployment) => _live == deployment;

    /// <summary>Makes a place, new or not, the one that answers by default; the one before still answers to its number.</summary>
    internal void SetDefault(Deployment deployment)
    {
        Deployment before = _live;
        if (before == deployment)
            return;

        // Every place stays findable at every moment: first twice, then once.
        Add(before);
        _live = deployment;
        ImmutableInterlocked.Update(ref _others, static (all, one) => all.Remove(one), deployment);
        before.SignalVersionChanged();
    }

    /// <summary>Takes a place away; calls that it answers end undisturbed. The task completes when the last one has left.</summary>
    internal Task RemoveAsync(Deployment deployment)
    {
        ImmutableInterlocked.Update(ref _others, static (all, one) => all.Remove(one), deployment);
        return deployment.Close();
    }

    /// <summary>Adds the place of a candidate and what decides about it. Before the model is used.</summary>
    internal void Add(Rollout rollout)
    {
        Add(rollout.Place);
        Rollout = rollout;
    }

    /// <summary>Adds the place of a shadow. Before the model is used.</summary>
    internal void Add(Shadow shadow)
    {
        Add(shadow.Place);
        Shadow = shadow;
    }

    /// <summary>Learns which versions must not serve, before the first is loaded.</summary>
    internal Task RecallAsync(CancellationToken cancellationToken) => Rollout?.RecallAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Keeps what a rollout has shown for the next process.</summary>
    internal Task RememberAsync(CancellationToken cancellationToken) => Rollout?.RememberNowAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Begins what is done beside the version that serves, once that has been loaded or has failed to.</summary>
    internal async Task StartBesideAsync(CancellationToken cancellationToken)
    {
        if (Rollout is not null)
            await Rollout.StartAsync(cancellationToken).ConfigureAwait(false);
        if (Shadow is not null)
            await Shadow.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private static Deployment? Find(Deployment live, ImmutableArray<Deployment> others, long number)
    {
        if (live.Version?.Number == number)
            return live;
        foreach (Deployment deployment in others)
            if (deployment.Version?.Number == number)
                return deployment;
        return null;
    }

    internal void Watch()
    {
        foreach (Deployment deployment in Deployments)
            deployment.Watch();
    }

    /// <summary>Accepts no more predictions.</summary>
    internal void Close()
    {
        Rollout?.Stop();
        Shadow?.Stop();
        foreach (Deployment deployment in Deployments)
            _ = deployment.Close();
    }

    internal async ValueTask DisposeAsync()
    {
        Close();
        foreach (Deployment deployment in Deployments)
            await deployment.DisposeAsync().ConfigureAwait(false);
    }
}
