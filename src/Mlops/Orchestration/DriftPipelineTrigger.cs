using Mlops.Drift;
using Mlops.Orchestration;

namespace Mlops;

/// <summary>Starts a pipeline for each alert of one monitor. The alert's id is the idempotency key.</summary>
public sealed class DriftPipelineTrigger<TDefinition, TParameters> : IDriftObserver
    where TDefinition : class, IPipelineDefinition<TParameters>
{
    private readonly Pipelines _pipelines;
    private readonly string _monitor;
    private readonly Func<DriftAlert, TParameters> _parameters;

    /// <summary>Listens to the monitor of that name.</summary>
    public DriftPipelineTrigger(Pipelines pipelines, string monitor, Func<DriftAlert, TParameters> parameters)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(parameters);
        _pipelines = pipelines;
        _monitor = monitor;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public async ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alert);
        if (alert.Monitor == _monitor && alert.Change == AlertChange.Raised)
        {
            await _pipelines.StartAsync<TDefinition, TParameters>(
                _parameters(alert), new StartOptions { IdempotencyKey = $"drift/{alert.Monitor}/{alert.Id}" }, cancellationToken).ConfigureAwait(false);
        }
    }
}
