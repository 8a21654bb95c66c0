using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Orchestration;

/// <summary>Runs the worker while the host runs.</summary>
internal sealed class PipelineWorkerService(PipelineWorker worker, IOptions<PipelineWorkerOptions> options) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.RunWorker ? worker.RunAsync(stoppingToken) : Task.CompletedTask;
}
