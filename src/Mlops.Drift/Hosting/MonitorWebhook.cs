using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>Registers a webhook of one monitor: options by the name of their section, checked at start, and the observer by the monitor's.</summary>
internal static class MonitorWebhook
{
    public static OptionsBuilder<WebhookOptions> Add(IServiceCollection services, string monitor, string section)
    {
        WebhookSection.TryAdd(services, section, $"Webhook of drift monitor '{monitor}'");
        services.AddSingleton<IValidateOptions<WebhookOptions>>(provider => new MonitorWebhookValidator(
            monitor, section, provider.GetRequiredService<IOptionsMonitor<DriftMonitorOptions>>()));
        services.AddKeyedSingleton<IDriftObserver>(monitor, (provider, _) => new WebhookObserver(
            provider.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(section), provider.GetRequiredService<TimeProvider>()));
        return services.AddOptions<WebhookOptions>(section);
    }
}
