using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlops.Webhooks;

/// <summary>
/// One webhook's options in a host, named as their section of the configuration: read from there, and checked when the host starts. Compiled into the features
/// that have webhooks, like <c>OutboxWebhook</c>.
/// </summary>
/// <param name="section">For example <c>Mlops:Registry:Webhooks:audit</c>.</param>
/// <param name="owner">Begins the message when an option cannot be used, for example <c>Webhook of the registry</c>.</param>
internal sealed class WebhookSection(string section, string owner) : IValidateOptions<WebhookOptions>
{
    private string Section { get; } = section;

    /// <summary>Adds the options of a section; false when they are there already.</summary>
    public static bool TryAdd(IServiceCollection services, string section, string owner)
    {
        if (services.Any(service => service.ImplementationInstance is WebhookSection known && known.Section == section))
            return false;
        services.AddSingleton<IConfigureOptions<WebhookOptions>>(provider => new ConfigureNamedOptions<WebhookOptions>(
            section, options => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options)));
        services.AddSingleton<IValidateOptions<WebhookOptions>>(new WebhookSection(section, owner));
        services.AddOptions<WebhookOptions>(section).ValidateOnStart();
        return true;
    }

    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        if (name != Section)
            return ValidateOptionsResult.Skip;
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException exception)
        {
            return ValidateOptionsResult.Fail($"{owner} (section {Section}): {exception.Message}");
        }
    }
}
