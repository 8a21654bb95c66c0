using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>Checks that the webhook of one monitor ends before the monitor gives up on it.</summary>
internal sealed class MonitorWebhookValidator(string monitor, string section, IOptionsMonitor<DriftMonitorOptions> monitors) : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        if (name != section)
            return ValidateOptionsResult.Skip;
        TimeSpan limit = monitors.Get(monitor).ObserverTimeout;
        return options.TotalTimeout < limit
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Webhook of drift monitor '{monitor}': TotalTimeout must be shorter than the monitor's ObserverTimeout of {limit}, is {options.TotalTimeout}.");
    }
}
