using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Orchestration;

/// <summary>Runs the worker while the host runs.</summary>
internal sealed class PipelineWorkerService(PipelineWorker worker, IOptions<PipelineWorkerOptions> options) : BackgroundService
{
    /// <summary>Refuses to start where a step uses a service that nobody has registered; a process that only starts and watches runs needs none.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.RunWorker)
        {
            worker.RequireServices();
        }

        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.RunWorker ? worker.RunAsync(stoppingToken) : Task.CompletedTask;
}
