using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Webhooks;

/// <summary>
/// Posts messages of the outbox to one target, and says in the outbox's words what became of them. Compiled into the features that tell something: as a part of
/// this package it would bring storage to receivers, who only check signatures.
/// </summary>
internal sealed class OutboxWebhook : IDisposable
{
    private const int LongestName = 100;

    private readonly WebhookSender _sender;

    /// <param name="feature">Who tells, for example <c>registry</c>.</param>
    /// <param name="name">The webhook's own.</param>
    /// <param name="options">Target, keys and bounds.</param>
    /// <param name="timeProvider">The clock of timestamps and waits; null for the system's.</param>
    public OutboxWebhook(string feature, string name, WebhookOptions options, TimeProvider? timeProvider)
    {
        RequireName(name);
        Name = $"{feature}/webhook/{name}";
        _sender = new WebhookSender(options, timeProvider);
    }

    /// <summary>The name under which unsent messages are kept.</summary>
    public string Name { get; }

    public static void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > LongestName)
            throw new ArgumentException($"A webhook's name has at most {LongestName} characters, got {name.Length}.", nameof(name));
    }

    /// <summary>Posts a message under its id.</summary>
    /// <param name="message">The message.</param>
    /// <param name="bodyOf">What of it leaves the host, as JSON.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public async Task SendAsync(OutboxMessage message, Func<OutboxMessage, ReadOnlyMemory<byte>> bodyOf, CancellationToken cancellationToken)
    {
        try
        {
            await _sender.SendAsync(message.Id, bodyOf(message), cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            throw new OutboxRejectedException($"Message {message.Id} cannot be read; a newer version may have written it.", exception);
        }
        catch (WebhookException exception) when (!exception.IsTransient)
        {
            throw new OutboxRejectedException(exception.Message, exception);
        }
        catch (WebhookException exception) when (exception.RetryAfter is { } wait)
        {
            throw new OutboxDeferredException(exception.Message, wait, exception);
        }
    }

    public void Dispose() => _sender.Dispose();
}
