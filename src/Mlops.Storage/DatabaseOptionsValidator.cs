using Microsoft.Extensions.Options;

namespace Mlops.Storage;

internal sealed class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>
{
    private static readonly TimeSpan ShortestBusyTimeout = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestBusyTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShortestOutboxLease = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestOutboxLease = TimeSpan.FromMinutes(10);

    /// <summary>For databases that are built without a container.</summary>
    public static void ThrowIfInvalid(DatabaseOptions options)
    {
        if (new DatabaseOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new ArgumentException(result.FailureMessage, nameof(options));
        }
    }

    public ValidateOptionsResult Validate(string? name, DatabaseOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.QueueCapacity is < 1 or > 1_000_000)
        {
            result.AddError($"must be 1 to 1 000 000, is {options.QueueCapacity}.", nameof(options.QueueCapacity));
        }

        if (options.BusyTimeout < ShortestBusyTimeout || options.BusyTimeout > LongestBusyTimeout)
        {
            result.AddError($"must be {ShortestBusyTimeout} to {LongestBusyTimeout}, is {options.BusyTimeout}.", nameof(options.BusyTimeout));
        }

        if (options.OutboxLeaseDuration < ShortestOutboxLease || options.OutboxLeaseDuration > LongestOutboxLease)
        {
            result.AddError($"must be {ShortestOutboxLease} to {LongestOutboxLease}, is {options.OutboxLeaseDuration}.", nameof(options.OutboxLeaseDuration));
        }

        return result.Build();
    }
}
