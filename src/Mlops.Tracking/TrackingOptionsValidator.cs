using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed class TrackingOptionsValidator : IValidateOptions<TrackingOptions>
{
    private static readonly TimeSpan LongestFlushInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

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
