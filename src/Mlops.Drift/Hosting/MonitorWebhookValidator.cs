using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>Checks the webhook of one monitor, and that it ends before the monitor gives up on it.</summary>
internal sealed class MonitorWebhookValidator(string monitor, string section, IOptionsMonitor<DriftMonitorOptions> monitors) : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        if (name != section)
            return ValidateOptionsResult.Skip;
        try
        {
            options.Validate();
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail($"Webhook of drift monitor '{monitor}' (section {section}): {exception.Message}");
        }

        TimeSpan limit = monitors.Get(monitor).ObserverTimeout;
        return options.TotalTimeout < limit
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Webhook of drift monitor '{monitor}': TotalTimeout must be shorter than the monitor's ObserverTimeout of {limit}, is {options.TotalTimeout}.");
    }
}
