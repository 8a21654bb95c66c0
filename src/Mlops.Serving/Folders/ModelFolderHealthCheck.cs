using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlops.Serving;

/// <summary>Unhealthy until the folder has been read, then degraded while a model of it has no version that serves.</summary>
internal sealed class ModelFolderHealthCheck(ModelServer server, ModelFolder folder) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (server.IsStopping)
            return Task.FromResult(HealthCheckResult.Unhealthy("The host stops."));
        if (!folder.HasBeenRead)
            return Task.FromResult(HealthCheckResult.Unhealthy("The folder of models has not been read yet."));

        string[] missing = [.. folder.Entries.GroupBy(static entry => entry.Name).Where(static model => model.All(static entry => entry.State != ModelState.Ready)).Select(static model => model.Key)];
        return Task.FromResult(missing.Length == 0
            ? HealthCheckResult.Healthy("Every model of the folder serves.")
            : HealthCheckResult.Degraded($"No version serves of: {string.Join(", ", missing)}."));
    }
}
