using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>
/// Stores the surroundings of this process once for a tracker, behind the back of its first run: no start waits for it. Runs that start
/// afterwards refer to it at once, the earlier ones with a later write.
/// </summary>
internal sealed class EnvironmentRecorder(TrackingStore store, TrackingOptions options, ILogger logger)
{
    private readonly Lock _gate = new();
    private Task? _storing;
    private volatile byte[]? _hash;

    /// <summary>What runs refer to; null until it is stored.</summary>
    public byte[]? Hash => _hash;

    /// <summary>Completes when it is stored or cannot be; never fails. The next start tries again what failed.</summary>
    public Task StoreAsync()
    {
        if (!options.CaptureEnvironment || _hash is not null)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            return _storing is { IsCompleted: false } ? _storing : _storing = Task.Run(StoreCoreAsync);
        }
    }

    private async Task StoreCoreAsync()
    {
        try
        {
            RunEnvironment environment = await ProcessSurroundings.FindAsync().ConfigureAwait(false);
            if (options.CaptureCommandLine)
            {
                environment = environment with { CommandLineOptions = OptionNames.Of(Environment.GetCommandLineArgs().Skip(1)) };
            }

            byte[] document = JsonSerializer.SerializeToUtf8Bytes(environment, RunEnvironmentJson.Default.RunEnvironment);
            byte[] hash = SHA256.HashData(document);
            await store.SaveEnvironmentAsync(hash, document, CancellationToken.None).ConfigureAwait(false);
            _hash = hash;
        }
        catch (Exception exception)
        {
            logger.EnvironmentNotStored(exception);
        }
    }
}
