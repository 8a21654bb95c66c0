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
        OutboxWebhook.RequireName(name);
        PipelineWebhook.RequireNotices(notices);
        string section = $"Mlops:Orchestration:Webhooks:{name}";
        builder.Services.AddSingleton(new Wanted(section, notices));
        if (WebhookSection.TryAdd(builder.Services, section, "Webhook of pipelines"))
        {
            builder.Services.AddMlopsStorage().AddOutboxReceiver(services => new PipelineWebhook(
                name,
                services.GetRequiredService<IOptionsMonitor<WebhookOptions>>().Get(section),
                services.GetServices<Wanted>().Where(wanted => wanted.Section == section).Aggregate(PipelineNotices.None, static (all, wanted) => all | wanted.Notices),
                services.GetRequiredService<TimeProvider>()));
        }

        if (configure is not null)
        {
            builder.Services.Configure(section, configure);
        }

        return builder;
    }

    /// <summary>What one call wants to be told.</summary>
    private sealed record Wanted(string Section, PipelineNotices Notices);
}
