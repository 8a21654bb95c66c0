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
    private Task? _running;
    private int _disposed;

    /// <summary>Prepares a worker without starting it.</summary>
    /// <param name="pipelines">The pipelines it serves.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="services">Where <c>p.With&lt;TService&gt;()</c> takes services from, a scope per attempt; null without a container.</param>
    /// <param name="logger">Null to log nothing.</param>
    /// <param name="timeProvider">The clock of step time limits; null for the host's.</param>
    /// <param name="meterFactory">Null for the process's own meter.</param>
    /// <param name="secrets">Where steps get secrets from; null for the one among <paramref name="services"/>, if any.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public PipelineWorker(
        Pipelines pipelines,
        PipelineWorkerOptions? options = null,
        IServiceProvider? services = null,
        ILogger<PipelineWorker>? logger = null,
        TimeProvider? timeProvider = null,
        IMeterFactory? meterFactory = null,
        ISecretSource? secrets = null)
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
        if (_pipelines.Graphs.Count == 0)
        {
            return;
        }

        while (!stopping.IsCancellationRequested)
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
            using var session = new WorkerSession(_pipelines, versions, _options, _executor, _telemetry, _logger, lease, stopping);
            await session.RunAsync().ConfigureAwait(false);
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
