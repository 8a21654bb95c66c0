using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// The studies in a database. Any number of processes may work on the same study. Thread-safe.
/// Disposing it waits for observers, at most <see cref="TuningOptions.ObserverTimeout"/>, and stops renewing the trials that are still held.
/// </summary>
public sealed partial class Studies : IAsyncDisposable
{
    private const int MaximumNameLength = 250;

    private readonly TuningTelemetry _telemetry;
    private bool _disposed;

    /// <summary>Studies without a container.</summary>
    /// <param name="database">Where they are stored; the caller disposes it, after this object.</param>
    /// <param name="options">Leases and batching; null for the defaults.</param>
    /// <param name="observers">Are told of every finished trial.</param>
    /// <param name="timeProvider">The clock of time stamps and time budgets; null for the host's.</param>
    /// <param name="leaseClock">The clock of leases; null for the database's.</param>
    /// <param name="logger">Null for no logging.</param>
    /// <param name="meterFactory">Null for a meter of its own.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Studies(
        Database database,
        TuningOptions? options = null,
        IEnumerable<ITrialObserver>? observers = null,
        TimeProvider? timeProvider = null,
        ILeaseClock? leaseClock = null,
        ILogger<Studies>? logger = null,
        IMeterFactory? meterFactory = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        Options = TuningOptionsValidator.Require(options ?? new TuningOptions());
        Time = timeProvider ?? TimeProvider.System;
        Clock = leaseClock ?? new LeaseTable(database).Clock;
        Logger = logger ?? NullLogger<Studies>.Instance;
        _telemetry = new TuningTelemetry(meterFactory);
        Store = new TuningStore(database);
        Retry = new TransientRetry(Options, Time, Logger);
        Dispatcher = new TrialDispatcher([.. observers ?? []], Store, _telemetry, Logger, Options.ObserverTimeout, Time);
        Keeper = new TrialKeeper(Store, Clock, Options, Logger);
        Owner = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}");
    }

    internal TuningOptions Options { get; }

    internal TimeProvider Time { get; }

    internal ILeaseClock Clock { get; }

    internal ILogger Logger { get; }

    internal TuningStore Store { get; }

    internal TransientRetry Retry { get; }

    internal TrialDispatcher Dispatcher { get; }

    internal TrialKeeper Keeper { get; }

    internal TuningTelemetry Telemetry => _telemetry;

    /// <summary>Who holds trials, for people who look at the table.</summary>
    internal string Owner { get; }

    internal long Now => UnixMicroseconds.From(Time.GetUtcNow());

    /// <summary>Opens the study of the name, or creates it. Repeating the call does no harm.</summary>
    /// <param name="name">1 to 250 characters.</param>
    /// <param name="direction">Which way the objective gets better.</param>
    /// <param name="options">Sampler and seed; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="StudyConflictException">It exists with another direction, number of objectives, seed or determinism.</exception>
    public Task<Study> OpenAsync(string name, Direction direction, StudyOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(name, [direction], options, cancellationToken);

    /// <summary>Opens or creates a study with several objectives.</summary>
    /// <param name="name">1 to 250 characters.</param>
    /// <param name="directions">Which way each objective gets better.</param>
    /// <param name="options">Sampler and seed; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="StudyConflictException">It exists with other directions, another seed or another determinism.</exception>
    public Task<Study> OpenAsync(
        string name, IReadOnlyList<Direction> directions, StudyOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        RequireName(name);
        ArgumentNullException.ThrowIfNull(directions);
        if (directions.Count == 0)
        {
            throw new ArgumentException("A study has at least one direction.", nameof(directions));
        }

        foreach (Direction direction in directions)
        {
            if (direction is not (Direction.Minimize or Direction.Maximize))
            {
                throw new ArgumentOutOfRangeException(nameof(directions), direction, "A direction is Minimize or Maximize.");
            }
        }

        return OpenValidatedAsync(name, directions, options ?? new StudyOptions(), cancellationToken);
    }

    /// <summary>The study of the name, or null when there is none.</summary>
    /// <param name="name">1 to 250 characters.</param>
    /// <param name="options">How the search goes on from here: the sampler and the pruner, which are not kept with the study. Null for the defaults, which suit who only reads.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <exception cref="StudyConflictException">The options name another seed or another determinism than it has.</exception>
    public async Task<Study?> FindAsync(string name, StudyOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        RequireName(name);
        StudyRow? row = await Store.FindStudyAsync(name, cancellationToken).ConfigureAwait(false);
        return row is null ? null : await LoadAsync(row, options ?? new StudyOptions(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The study of the name, with the directions, seed and determinism that it was created with.</summary>
    /// <param name="name">1 to 250 characters.</param>
    /// <param name="options">How the search goes on from here: the sampler and the pruner, which are not kept with the study. Null for the defaults, which suit who only reads.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    /// <exception cref="StudyNotFoundException">There is none; <see cref="OpenAsync(string, Direction, StudyOptions?, CancellationToken)"/> creates it.</exception>
    /// <exception cref="StudyConflictException">The options name another seed or another determinism than it has.</exception>
    public async Task<Study> GetAsync(string name, StudyOptions? options = null, CancellationToken cancellationToken = default) =>
        await FindAsync(name, options, cancellationToken).ConfigureAwait(false) ?? throw new StudyNotFoundException(name);

    /// <summary>The names of all studies, oldest first.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return await Store.ListStudyNamesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the observers have been told of everything that is stored, at most <see cref="TuningOptions.ObserverTimeout"/>, then stops. Trials that are still held are left to
    /// run out: they may be told until then, of which observers hear when the study is optimised next. Opened studies can be read and enqueued to; asks throw <see cref="ObjectDisposedException"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Keeper.DisposeAsync().ConfigureAwait(false);
        await Dispatcher.DisposeAsync().ConfigureAwait(false);
        _telemetry.Dispose();
    }

    internal void RequireOpen() => ObjectDisposedException.ThrowIf(_disposed, this);

    private static void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaximumNameLength)
        {
            throw new ArgumentException($"A study's name has at most {MaximumNameLength} characters, got {name.Length}.", nameof(name));
        }

        StoredText.Require(name, nameof(name));
    }

    private async Task<Study> OpenValidatedAsync(string name, IReadOnlyList<Direction> directions, StudyOptions options, CancellationToken cancellationToken)
    {
        ISampler sampler = options.Sampler ?? new TpeSampler();
        _ = sampler.ForStudy(new StudySpace(name, directions, seed: 0)); // refuses what it cannot serve before anything is stored
        RequireNoPauses(name, options.Determinism?.LagTrials, options);
        long seed = options.Seed ?? (long)RandomStream.Hash(name);
        StudyRow row = await Store.OpenStudyAsync(name, directions, seed, options.Determinism?.LagTrials, sampler.Name, Now, cancellationToken).ConfigureAwait(false);
        return row.Directions.SequenceEqual(directions)
            ? await LoadAsync(row, options, cancellationToken).ConfigureAwait(false)
            : throw new StudyConflictException(name, "direction", DirectionText.Write(row.Directions), DirectionText.Write(directions));
    }

    private static void RequireStored(StudyRow row, StudyOptions options)
    {
        if (options.Seed is { } asked && asked != row.Seed)
        {
            throw new StudyConflictException(
                row.Name, "seed", row.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture), asked.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        if (options.Determinism is { } wanted && !wanted.Equals(Determinism.Of(row.Lag)))
        {
            throw new StudyConflictException(row.Name, "determinism", Determinism.Of(row.Lag).ToString(), wanted.ToString());
        }
    }

    private static void RequireNoPauses(string name, int? lag, StudyOptions options)
    {
        if (lag is not null && options.Pruner is { Pauses: true })
        {
            throw new ArgumentException(
                $"Opening study '{name}' with {Determinism.Of(lag)} and a pruner that pauses trials: later trials would wait for them. Take a pruner that ends trials, or no lag.", nameof(options));
        }
    }

    private async Task<Study> LoadAsync(StudyRow row, StudyOptions options, CancellationToken cancellationToken)
    {
        RequireStored(row, options);
        RequireNoPauses(row.Name, row.Lag, options);
        var space = new StudySpace(row.Name, row.Directions, row.Seed) { HasFixedBounds = row.Lag is not null };
        foreach ((string parameter, ParameterDomain domain) in await Store.ReadDomainsAsync(row, cancellationToken).ConfigureAwait(false))
        {
            space.Learn(parameter, domain);
        }

        return new Study(this, row, space, options.Sampler ?? new TpeSampler(), options.Pruner);
    }
}
