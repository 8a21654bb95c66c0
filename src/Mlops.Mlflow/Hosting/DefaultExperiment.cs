using Microsoft.Extensions.Hosting;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Creates the experiment that clients take for granted, before the first of them asks.</summary>
internal sealed class DefaultExperiment(Tracker tracker) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => new ExperimentIds(tracker).GetDefaultAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
