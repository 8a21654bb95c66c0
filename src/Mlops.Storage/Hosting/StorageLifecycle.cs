using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Mlops.Storage;

/// <summary>Opens the database before any hosted service starts, and closes it after all have stopped.</summary>
internal sealed class StorageLifecycle(IServiceProvider services, IEnumerable<MigrationSet> migrations) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Database? database = services.GetService<Database>();
        if (database is null)
        {
            string features = string.Join(", ", migrations.Select(static set => set.Feature));
            throw new InvalidOperationException(
                $"Starting Mlops: no database was chosen{(features.Length == 0 ? "" : $" for {features}")}. "
                + "Call services.AddMlopsStorage().UseSqlite(\"Data Source=mlops.db\") from Mlops.Storage.Sqlite, or .UsePostgreSql(connectionString) from Mlops.Storage.PostgreSql.");
        }

        if (services.GetService<ArtifactsRequired>() is not null)
        {
            _ = services.GetRequiredService<IArtifactStore>();
        }

        foreach (MigrationSet set in migrations)
        {
            database.Require(set);
        }

        await database.OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<Database>() is { } database)
        {
            await database.DisposeAsync().ConfigureAwait(false);
        }
    }
}
