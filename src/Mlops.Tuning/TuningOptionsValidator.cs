using Microsoft.Extensions.Options;

namespace Mlops.Tuning;

internal sealed class TuningOptionsValidator : IValidateOptions<TuningOptions>
{
    public ValidateOptionsResult Validate(string? name, TuningOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.LeaseDuration < TuningOptions.ShortestLease || options.LeaseDuration > TuningOptions.LongestLease)
        {
            result.AddError($"must be {TuningOptions.ShortestLease} to {TuningOptions.LongestLease}, is {options.LeaseDuration}.", nameof(options.LeaseDuration));
        }

        if (options.ReportInterval < TuningOptions.ShortestReportInterval || options.ReportInterval > TuningOptions.LongestReportInterval)
        {
            result.AddError(
                $"must be {TuningOptions.ShortestReportInterval} to {TuningOptions.LongestReportInterval}, is {options.ReportInterval}.", nameof(options.ReportInterval));
        }

        if (options.MaximumAttempts is < 1 or > 1_000)
        {
            result.AddError($"must be 1 to 1 000, is {options.MaximumAttempts}.", nameof(options.MaximumAttempts));
        }

        if (options.RetryDuration < TimeSpan.Zero || options.RetryDuration > TuningOptions.LongestRetry)
        {
            result.AddError($"must be 0 to {TuningOptions.LongestRetry}, is {options.RetryDuration}.", nameof(options.RetryDuration));
        }

        if (options.ObserverTimeout < TuningOptions.ShortestObserverTimeout || options.ObserverTimeout > TuningOptions.LongestObserverTimeout)
        {
            result.AddError(
                $"must be {TuningOptions.ShortestObserverTimeout} to {TuningOptions.LongestObserverTimeout}, is {options.ObserverTimeout}.", nameof(options.ObserverTimeout));
        }

        return result.Build();
    }

    /// <summary>For construction without a container.</summary>
    public static TuningOptions Require(TuningOptions options)
    {
        ValidateOptionsResult result = new TuningOptionsValidator().Validate(null, options);
        return result.Failed ? throw new ArgumentException(result.FailureMessage, nameof(options)) : options;
    }
}
