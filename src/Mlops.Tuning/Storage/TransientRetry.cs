using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Repeats calls that may be repeated while the database is busy or away, so that no finished objective is lost to a hiccup.</summary>
internal sealed class TransientRetry(TuningOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        for (TimeSpan delay = ShortestDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (StorageException exception) when (
                exception is { IsTransient: true } or { OutcomeUnknown: true } && time.GetElapsedTime(began) < options.RetryDuration)
            {
                if (delay == ShortestDelay)
                {
                    logger.CallRepeated(exception);
                }
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
