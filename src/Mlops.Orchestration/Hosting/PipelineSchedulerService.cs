using Microsoft.Extensions.Hosting;

namespace Mlops.Orchestration;

/// <summary>Follows the schedules while the host runs.</summary>
internal sealed class PipelineSchedulerService(PipelineScheduler scheduler) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => scheduler.RunAsync(stoppingToken);
}
