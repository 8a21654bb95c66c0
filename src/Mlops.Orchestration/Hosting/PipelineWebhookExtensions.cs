using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Webhooks;

namespace Mlops.Orchestration;

/// <summary>Notifications of runs.</summary>
public static class PipelineWebhookExtensions
{
    /// <summary>
    /// Posts what happens to runs, signed, to one target; see <see cref="PipelineWebhook"/> for the messages. The options are read from
    /// <c>Mlops:Orchestration:Webhooks:</c>name and checked when the host starts; calls of one name refine one webhook, and what one of them wants to
    /// be told is told. What happens is kept in the database from then on until the target has it. Add it in every process that starts, works off or ends
    /// runs: what one without it does is not told.
    /// </summary>
    /// <param name="builder">From <c>AddMlopsOrchestration</c>.</param>
    /// <param name="name">1 to 100 characters; stays the same over restarts.</param>
    /// <param name="notices">What is told.</param>
    /// <param name="configure">Sets options after the configuration was read; null for nothing.</param>
    public static IMlopsOrchestrationBuilder AddWebhook(
        this IMlopsOrchestrationBuilder builder, string name, PipelineNotices notices = PipelineNotices.Default, Action<WebhookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        PipelineWebhook.RequireName(name);
        PipelineWebhook.RequireNotices(notices);
        string section = $"Mlops:Orchestration:Webhooks:{name}";
        if (builder.Services.Select(static service => service.ImplementationInstance).OfType<Registered>().FirstOrDefault(known => known.Section == section) is { } registered)
        {
            registered.Notices |= notices;
        }
        else
        {
            registered = new Registered(section) { Notices = notices };
            builder.Services.AddSingleton(registered);
            builder.Services.AddSingleton<IConfigureOptions<WebhookOptions>>(services => new ConfigureNamedOptions<WebhookOptions>(
                section, options => services.GetService<IConfiguration>()?.GetSection(section).Bind(options)));
            builder.Services.AddSingleton<IValidateOptions<WebhookOptions>>(new PipelineWebhookValidator(section));
            builder.Services.AddOptions<WebhookOptions>(section).ValidateOnStart();
            builder.Services.AddMlopsStorage().AddOutboxReceiver(services => new PipelineWebhook(
                name, services.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(section), registered.Notices, services.GetRequiredService<TimeProvider>()));
        }

        if (configure is not null)
        {
            builder.Services.Configure(section, configure);
        }

        return builder;
    }

    private sealed class Registered(string section)
    {
        public string Section { get; } = section;

        public PipelineNotices Notices { get; set; }
    }
}
