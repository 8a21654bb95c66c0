using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>Registers a webhook of one monitor: options by the name of their section, checked at start, and the observer by the monitor's.</summary>
internal static class MonitorWebhook
{
    public static OptionsBuilder<WebhookOptions> Add(IServiceCollection services, string monitor, string section)
    {
        services.AddSingleton<IConfigureOptions<WebhookOptions>>(provider => new ConfigureNamedOptions<WebhookOptions>(
            section, options => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options)));
        services.AddSingleton<IValidateOptions<WebhookOptions>>(provider => new MonitorWebhookValidator(
            monitor, section, provider.GetRequiredService<IOptionsMonitor<DriftMonitorOptions>>()));
        services.AddKeyedSingleton<IDriftObserver>(monitor, (provider, _) => new WebhookObserver(
            provider.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(section), provider.GetRequiredService<TimeProvider>()));
        return services.AddOptions<WebhookOptions>(section).ValidateOnStart();
    }
}
