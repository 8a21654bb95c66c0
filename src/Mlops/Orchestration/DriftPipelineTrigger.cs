using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Storage;

namespace Mlops;

/// <summary>
/// Starts a pipeline when an alert of one monitor is raised, and again when it is repeated. By an idempotency key an alert starts one run,
/// however often it is delivered.
/// </summary>
public sealed class DriftPipelineTrigger<TDefinition, TParameters> : IDriftObserver
    where TDefinition : class, IPipelineDefinition<TParameters>
{
    private readonly Pipelines _pipelines;
    private readonly string _monitor;
    private readonly Func<DriftAlert, TParameters> _parameters;
    private readonly Func<DriftAlert, string> _key;

    /// <summary>Listens to the monitor of that name.</summary>
    /// <param name="pipelines">Starts the runs.</param>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="parameters">Makes a run's parameters from the alert.</param>
    /// <param name="key">The run's idempotency key: alerts of equal keys start one run. Null for a key per alert and occurrence.</param>
    public DriftPipelineTrigger(
        Pipelines pipelines, string monitor, Func<DriftAlert, TParameters> parameters, Func<DriftAlert, string>? key = null)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(parameters);
        _pipelines = pipelines;
        _monitor = monitor;
        _parameters = parameters;
        _key = key ?? (static alert => $"drift/{alert.Id}/{alert.Occurrence}");
    }

    /// <inheritdoc/>
    public async ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alert);
        if (alert.Monitor == _monitor && alert.Change is AlertChange.Raised or AlertChange.Repeated)
        {
            try
            {
                await _pipelines.StartAsync<TDefinition, TParameters>(
                    _parameters(alert), new StartOptions { IdempotencyKey = _key(alert) }, cancellationToken).ConfigureAwait(false);
            }
            catch (IdempotencyConflictException)
            {
                // An alert before this one has the key, and its run was started with what that alert said.
            }
        }
    }
}
