using Mlops.Storage;
using Mlops.Webhooks;

namespace Mlops.Registry;

/// <summary>
/// Posts what happens in the registry, signed, to one target: at least once, and in order. Thread-safe. In a host,
/// <see cref="MlopsRegistryBuilderExtensions.AddWebhook"/> adds one; without a container, give it to the <see cref="Outbox"/> of the registry.
/// </summary>
/// <remarks>
/// <para>
/// The body is JSON: <c>type</c>, <c>timestamp</c> (ISO 8601 in UTC) and <c>data</c> with <c>model</c>, <c>actor</c> and what belongs to the type:
/// </para>
/// <list type="table">
/// <item><term>registry.model.created, registry.model.deleted</term><description>nothing more</description></item>
/// <item><term>registry.model.renamed</term><description>newName</description></item>
/// <item><term>registry.version.registered, registry.version.deleted</term><description>version</description></item>
/// <item><term>registry.alias.changed</term><description>alias, sequence, and where there are any version, previousVersion, decision</description></item>
/// <item><term>registry.promotion.decided</term><description>version, alias, decision, accepted, and where there was one previousVersion</description></item>
/// <item><term>registry.approval.given, registry.approval.withdrawn</term><description>version, approval, and alias unless it is for every one</description></item>
/// <item><term>registry.stage.changed</term><description>version, stage</description></item>
/// </list>
/// <para>
/// No tag, description, reason or evidence leaves the host. The header <c>webhook-id</c> is the same whenever the same happening is sent again.
/// A target that fails is tried again for a day, after what it asks for in Retry-After, see <see cref="IOutboxReceiver"/>; what it refuses for
/// good is given up. Only what is changed by a registry that has the webhook is told: add it in every process that changes models.
/// </para>
/// </remarks>
public sealed class RegistryWebhook : IOutboxReceiver, IDisposable
{
    private readonly OutboxWebhook _webhook;

    /// <summary>Creates a receiver; later changes of the options do not reach it.</summary>
    /// <param name="name">1 to 100 characters; stays the same over restarts, because what was not sent yet is kept under it.</param>
    /// <param name="options">Target, keys and bounds.</param>
    /// <param name="timeProvider">The clock of timestamps and waits; null for the system's.</param>
    /// <exception cref="ArgumentException">The name is empty or too long, or an option is missing or out of its range.</exception>
    public RegistryWebhook(string name, WebhookOptions options, TimeProvider? timeProvider = null) =>
        _webhook = new OutboxWebhook("registry", name, options, timeProvider);

    /// <summary>The name under which unsent messages are kept: <c>registry/webhook/</c> and the webhook's.</summary>
    public string Name => _webhook.Name;

    /// <summary>True for topics that begin with <c>registry.</c>.</summary>
    public bool Takes(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return topic.StartsWith(RegistryEvent.Prefix, StringComparison.Ordinal);
    }

    /// <summary>Posts the message.</summary>
    /// <exception cref="OutboxRejectedException">The target refused it for good.</exception>
    /// <exception cref="OutboxDeferredException">The target did not take it now and says when to come again.</exception>
    /// <exception cref="WebhookException">The target did not take it now.</exception>
    public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _webhook.SendAsync(message, static message => message.Payload, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _webhook.Dispose();
}
