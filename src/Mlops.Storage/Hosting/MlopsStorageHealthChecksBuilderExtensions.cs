using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlops.Storage;

/// <summary>Adds the storage to the host's health.</summary>
public static class MlopsStorageHealthChecksBuilderExtensions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Adds a check that the database answers within five seconds; otherwise Unhealthy. Tagged <c>ready</c>.</summary>
    /// <param name="builder">From <c>AddHealthChecks</c>.</param>
    /// <param name="name">The check's name.</param>
    public static IHealthChecksBuilder AddMlopsStorage(this IHealthChecksBuilder builder, string name = "mlops.storage")
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, static services => new StorageHealthCheck(services.GetRequiredDatabase()), HealthStatus.Unhealthy, ["ready"], Patience));
    }
}
