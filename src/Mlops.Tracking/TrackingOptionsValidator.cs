using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed class TrackingOptionsValidator : IValidateOptions<TrackingOptions>
{
    private static readonly TimeSpan LongestFlushInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestLease = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, TrackingOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.BufferCapacity is < 1_000 or > 10_000_000)
        {
            result.AddError($"must be 1 000 to 10 000 000, is {options.BufferCapacity}.", nameof(options.BufferCapacity));
        }

        if (options.FlushInterval < TimeSpan.FromMilliseconds(1) || options.FlushInterval > LongestFlushInterval)
        {
            result.AddError($"must be 1 ms to {LongestFlushInterval}, is {options.FlushInterval}.", nameof(options.FlushInterval));
        }

        if (options.RetryDuration < TimeSpan.Zero || options.RetryDuration > LongestRetry)
        {
            result.AddError($"must be 0 to {LongestRetry}, is {options.RetryDuration}.", nameof(options.RetryDuration));
        }

        if (options.Durability is not (Durability.Process or Durability.Power))
        {
            result.AddError($"must be Process or Power, is {options.Durability}.", nameof(options.Durability));
        }

        if (options.LeaseDuration < ShortestLease || options.LeaseDuration > LongestLease)
        {
            result.AddError($"must be {ShortestLease} to {LongestLease}, is {options.LeaseDuration}.", nameof(options.LeaseDuration));
        }

        if (options.SystemMetricsInterval is { } interval && (interval < ShortestInterval || interval > LongestInterval))
        {
            result.AddError($"must be {ShortestInterval} to {LongestInterval} or null, is {interval}.", nameof(options.SystemMetricsInterval));
        }

        if (options.JournalFolder is { } folder && string.IsNullOrWhiteSpace(folder))
        {
            result.AddError("must be a folder or null, is empty.", nameof(options.JournalFolder));
        }

        if (options.JournalMaximumBytes is < 1L << 20 or > 1L << 40)
        {
            result.AddError($"must be 1 MiB to 1 TiB, is {options.JournalMaximumBytes}.", nameof(options.JournalMaximumBytes));
        }

        return result.Build();
    }

    public static void Require(TrackingOptions options)
    {
        ValidateOptionsResult result = new TrackingOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }
}
