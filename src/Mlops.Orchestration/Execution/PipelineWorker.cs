using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Works off the steps of the pipelines that this process knows, and takes over those of workers that were lost. Any number of workers,
/// in any number of processes, may share a database.
/// </summary>
public sealed class PipelineWorker : IAsyncDisposable
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly Pipelines _pipelines;
    private readonly PipelineWorkerOptions _options;
    private readonly ILogger _logger;
    private readonly OrchestrationTelemetry _telemetry;
    private readonly StepExecutor _executor;
    private readonly IServiceProvider? _services;
    private readonly CancellationTokenSource _stop = new();
    private readonly IStepDispatcher? _dispatcher;
    private readonly Lock _gate = new();
    private TaskCompletionSource<WorkerSession> _session = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;
    private volatile bool _hasStarted;
    private int _disposed;

    /// <summary>Prepares a worker without starting it.</summary>
    /// <param name="pipelines">The pipelines it serves.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="services">Where <c>p.With&lt;TService&gt;()</c> takes services from, a scope per attempt; null without a container.</param>
    /// <param name="logger">Null to log nothing.</param>
    /// <param name="timeProvider">The clock of step time limits; null for the host's.</param>
    /// <param name="meterFactory">Null for the process's own meter.</param>
    /// <param name="secrets">Where steps get secrets from; null for the one among <paramref name="services"/>, if any.</param>
    /// <param name="dispatcher">
    /// Who decides where and when steps are executed: the worker hands it what is ready, and executes what <see cref="ExecuteAsync"/> is called for. Null for a worker
    /// that claims what its slots have room for, which needs nothing but the database.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PipelineWorker(
        Pipelines pipelines,
        PipelineWorkerOptions? options = null,
        IServiceProvider? services = null,
        ILogger<PipelineWorker>? logger = null,
        TimeProvider? timeProvider = null,
        IMeterFactory? meterFactory = null,
        ISecretSource? secrets = null,
        IStepDispatcher? dispatcher = null)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        _pipelines = pipelines;
        _options = options ?? new PipelineWorkerOptions();
        List<string> problems = PipelineWorkerOptionsValidator.Check(_options);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        }

        _logger = logger ?? NullLogger<PipelineWorker>.Instance;
        _telemetry = new OrchestrationTelemetry(meterFactory);
        _services = services;
        _dispatcher = dispatcher;
        _executor = new StepExecutor(
            pipelines,
            _options,
            services?.GetService<IServiceScopeFactory>(),
            timeProvider ?? TimeProvider.System,
            _telemetry,
            services?.GetService<ILoggerFactory>()?.CreateLogger("Mlops.Orchestration.Steps") ?? _logger,
            secrets ?? services?.GetService<ISecretSource>());
    }

    /// <summary>Begins to work. Starting twice does nothing.</summary>
    /// <exception cref="PipelineDefinitionException">A step uses a service that cannot be resolved.</exception>
    public void Start()
    {
        RequireServices();
        _hasStarted = true;
        _running ??= Task.Run(() => RunAsync(_stop.Token));
    }

    /// <summary>
    /// Takes no more steps, lets running ones end within <see cref="PipelineWorkerOptions.DrainPeriod"/>, then fires their tokens and gives
    /// back what is left, so that another process can go on at once.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is { } running)
        {
            await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Executes a step that a dispatcher has handed on, from claim to commit, in one of the worker's <see cref="PipelineWorkerOptions.MaximumConcurrentSteps"/> slots;
    /// waits for one where none is free. Thread-safe. Whatever happens to the caller, the step belongs to this worker once it has begun: it is renewed,
    /// cancelled with its run, and taken over by others if this process is lost.
    /// </summary>
    /// <param name="step">From <see cref="IStepDispatcher.DispatchAsync"/>, here or in another process on the same database.</param>
    /// <param name="cancellationToken">Withdraws the step as long as it waits for its slot.</param>
    /// <returns>
    /// True when an attempt has run, whatever its end. False when nothing was begun, which is nobody's fault: the step has begun elsewhere, its run is over or
    /// paused, its pool is full, this process does not know the run's graph, or the worker stops.
    /// </returns>
    /// <exception cref="InvalidOperationException">The worker has no dispatcher, or was not started.</exception>
    /// <exception cref="StorageException">The database failed before the step had begun; it is handed over again.</exception>
    public async Task<bool> ExecuteAsync(ReadyStep step, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentException.ThrowIfNullOrEmpty(step.Step, nameof(step));
        if (_dispatcher is null)
        {
            throw new InvalidOperationException($"Executing step '{step.Step}': this worker claims its steps itself. Give its constructor an {nameof(IStepDispatcher)}.");
        }

        if (!_hasStarted)
        {
            throw new InvalidOperationException($"Executing step '{step.Step}': the worker has not started. Call {nameof(Start)}, or start its host.");
        }

        Task<WorkerSession> session;
        lock (_gate)
        {
            session = _session.Task;
        }

        try
        {
            return await (await session.WaitAsync(cancellationToken).ConfigureAwait(false)).ExecuteAsync(step, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            // The worker stops, or has lost its lease just now.
            return false;
        }
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Works until the token fires, and returns once everything has been given back.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        _hasStarted = true;
        try
        {
            await RunSessionsAsync(stopping).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _session.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task RunSessionsAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && _pipelines.Graphs.Count > 0)
        {
            try
            {
                await RunSessionAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever broke, the process stays a worker.
                WorkerLog.WorkerBroke(_logger, exception);
                await Task.Delay(RestartPause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunSessionAsync(CancellationToken stopping)
    {
        PipelineVersions versions = await _pipelines.RegisterAsync().WaitAsync(stopping).ConfigureAwait(false);
        string name = string.Create(
            CultureInfo.InvariantCulture, $"orchestration/worker/{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():N}");
        HeldLease lease = await HeldLease.TryAcquireAsync(_pipelines.Leases, name, name, _options.LeaseDuration, stopping).ConfigureAwait(false)
            ?? throw new StorageException($"Somebody else holds the lease '{name}'.") { IsTransient = true };
        await using (lease.ConfigureAwait(false))
        {
            using var session = new WorkerSession(_pipelines, versions, _options, _executor, _telemetry, _logger, lease, _dispatcher, stopping);
            lock (_gate)
            {
                _session.SetResult(session);
            }

            try
            {
                await session.RunAsync().ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _session = new TaskCompletionSource<WorkerSession>(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    /// <summary>A service that nobody has registered is better found at the start than at three in the morning.</summary>
    internal void RequireServices()
    {
        IServiceProviderIsService? known = _services?.GetService<IServiceProviderIsService>();
        foreach (PipelineGraph graph in _pipelines.Graphs)
        {
            PipelineNode? missing = graph.Nodes.FirstOrDefault(node =>
                node.ServiceType is { } type && (_services is null || known?.IsService(type) == false));
            if (missing is not null)
            {
                throw new PipelineDefinitionException(
                    graph.Pipeline,
                    $"step '{missing.Key}' uses the service {missing.ServiceType}, which "
                    + (_services is null ? "a worker without a service provider cannot resolve; hand the object over with p.With(service)." : "is not registered."));
            }
        }
    }
}
