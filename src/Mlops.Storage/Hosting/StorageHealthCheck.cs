using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Mlops.Storage;

/// <summary>Whether the database answers a query.</summary>
internal sealed class StorageHealthCheck(Database database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.QueryAsync("SELECT 1", static row => row.GetInt32(0), cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (StorageException exception)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, $"The {database.Dialect.Name} database does not answer.", exception);
        }
    }
}
