using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Storage;

/// <summary>Collects garbage now and then. The collection's lease keeps the processes of a fleet from doing so at once.</summary>
internal sealed class ArtifactCollector(ArtifactCatalog catalog, Database database, IOptions<ArtifactOptions> options, TimeProvider time) : BackgroundService
{
    private const int PerCall = 1_000;
    private const int Parts = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ILogger logger = database.LoggerFactory.CreateLogger<ArtifactCollector>();
        TimeSpan every = options.Value.CollectEvery;

        // The first time anywhere within the interval, so that a host that is restarted more often than that still collects sometimes.
        TimeSpan delay = every * RandomNumberGenerator.GetInt32(1, Parts + 1) / Parts;
        while (true)
        {
            await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
            {
                // Without an exception, which a host that fails to start would report as this service's failure.
                return;
            }

            try
            {
                ArtifactCollection collected;
                do
                {
                    collected = await catalog.CollectGarbageAsync(PerCall, stoppingToken).ConfigureAwait(false);
                    if (collected.Artifacts > 0)
                    {
                        logger.ArtifactsCollected(collected.Artifacts, collected.Bytes);
                    }
                }
                while (collected.Artifacts >= PerCall);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                logger.CollectionFailed(exception, every);
            }

            delay = every * RandomNumberGenerator.GetInt32(Parts * 4 / 5, (Parts * 6 / 5) + 1) / Parts;
        }
    }
}
