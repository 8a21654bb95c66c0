using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Mlops.Storage;

/// <summary>Opens the database before any hosted service starts, and closes it after all have stopped.</summary>
internal sealed class StorageLifecycle(IServiceProvider services, IEnumerable<MigrationSet> migrations) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (!migrations.Any() && services.GetService<Database>() is null)
        {
            // Features were added that keep what they have elsewhere.
            return;
        }

        Database database = services.GetRequiredDatabase();
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
