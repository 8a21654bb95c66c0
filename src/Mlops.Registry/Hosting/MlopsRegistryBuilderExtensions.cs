using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Webhooks;

namespace Mlops.Registry;

/// <summary>What may be added to the registry.</summary>
public static class MlopsRegistryBuilderExtensions
{
    /// <summary>
    /// Posts what happens in the registry, signed, to one target; see <see cref="RegistryWebhook"/> for the messages. The options are read from
    /// <c>Mlops:Registry:Webhooks:</c>name and checked when the host starts; calls of one name refine one webhook. What happens is kept in the
    /// database from then on until the target has it. Add it in every process that changes models: what one without it changes is not told.
    /// </summary>
    /// <param name="builder">From <c>AddMlopsRegistry</c>.</param>
    /// <param name="name">1 to 100 characters; stays the same over restarts.</param>
    /// <param name="configure">Sets options after the configuration was read; null for nothing.</param>
    public static IMlopsRegistryBuilder AddWebhook(this IMlopsRegistryBuilder builder, string name, Action<WebhookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OutboxWebhook.RequireName(name);
        string section = $"Mlops:Registry:Webhooks:{name}";
        if (WebhookSection.TryAdd(builder.Services, section, "Webhook of the registry"))
        {
            builder.Services.AddMlopsStorage().AddOutboxReceiver(services => new RegistryWebhook(
                name, services.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(section), services.GetRequiredService<TimeProvider>()));
        }

        if (configure is not null)
        {
            builder.Services.Configure(section, configure);
        }

        return builder;
    }
}
