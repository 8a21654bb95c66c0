using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlops.Serving;

/// <summary>Healthy while a version serves and its runs end; a failed reload does not change that and is only reported.</summary>
internal sealed class ModelHealthCheck(ModelServer server, ServedModel model) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (server.IsStopping)
            return Task.FromResult(HealthCheckResult.Unhealthy("The host stops."));

        ModelLoadException? failure = model.LastFailure;
        if (model.Version is not { } version)
        {
            HealthStatus status = model.Options.Required ? HealthStatus.Unhealthy : HealthStatus.Degraded;
            return Task.FromResult(new HealthCheckResult(status, failure?.Message ?? $"Model '{model.Name}' has not been loaded yet.", failure));
        }

        if (model.Quarantine is { } quarantine)
            return Task.FromResult(new HealthCheckResult(model.Options.Required ? HealthStatus.Unhealthy : HealthStatus.Degraded, $"Version {version} accepts no calls: {quarantine}."));

        var data = new Dictionary<string, object>(StringComparer.Ordinal) { ["version"] = version.Number, ["digest"] = version.Digest };
        string description = failure is null ? $"Version {version} serves." : $"Version {version} serves; the last reload failed: {failure.Message}";
        return Task.FromResult(HealthCheckResult.Healthy(description, data));
    }
}
