using System.Buffers;
using System.Text.Json;
using Mlops.Storage;
using Mlops.Webhooks;

namespace Mlops.Orchestration;

/// <summary>
/// Posts what happens to runs, signed, to one target: at least once, and in order. Thread-safe. In a host,
/// <see cref="PipelineWebhookExtensions.AddWebhook"/> adds one; without a container, give it to the <see cref="Outbox"/> of <see cref="Pipelines"/>.
/// </summary>
/// <remarks>
/// <para>
/// The body is JSON: <c>type</c>, <c>timestamp</c> (ISO 8601 in UTC) and <c>data</c> with <c>pipeline</c>, <c>run</c> and what belongs to the type:
/// </para>
/// <list type="table">
/// <item><term>orchestration.run.started, orchestration.run.succeeded, orchestration.run.cancelled</term><description>startedAt, and where there is one schedule</description></item>
/// <item><term>orchestration.run.failed</term><description>the same, failure, and where one failed step</description></item>
/// <item><term>orchestration.approval.requested</term><description>step, and where there is one expiresAt</description></item>
/// </list>
/// <para>
/// No parameters, results, errors, reasons or questions leave the host. The header <c>webhook-id</c> is the same whenever the same happening is sent again.
/// A target that fails is tried again for a day, after what it asks for in Retry-After, see <see cref="IOutboxReceiver"/>; what it refuses for good is given
/// up. Only what happens through a process that has the webhook is told: add it in every process that starts, works off or ends runs.
/// </para>
/// </remarks>
public sealed class PipelineWebhook : IOutboxReceiver, IDisposable
{
    private readonly OutboxWebhook _webhook;
    private readonly PipelineNotices _notices;

    /// <summary>Creates a receiver; later changes of the options do not reach it.</summary>
    /// <param name="name">1 to 100 characters; stays the same over restarts, because what was not sent yet is kept under it.</param>
    /// <param name="options">Target, keys and bounds.</param>
    /// <param name="notices">What it tells, at least one.</param>
    /// <param name="timeProvider">The clock of timestamps and waits; null for the system's.</param>
    /// <exception cref="ArgumentException">The name is empty or too long, an option is missing or out of its range, or there is nothing to tell.</exception>
    public PipelineWebhook(string name, WebhookOptions options, PipelineNotices notices = PipelineNotices.Default, TimeProvider? timeProvider = null)
    {
        OutboxWebhook.RequireName(name);
        RequireNotices(notices);
        _notices = notices;
        _webhook = new OutboxWebhook("orchestration", name, options, timeProvider);
    }

    /// <summary>The name under which unsent messages are kept: <c>orchestration/webhook/</c> and the webhook's.</summary>
    public string Name => _webhook.Name;

    /// <summary>True for the topics of what it tells.</summary>
    public bool Takes(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return (_notices & NoticeOf(topic)) != PipelineNotices.None;
    }

    /// <summary>Posts the message.</summary>
    /// <exception cref="OutboxRejectedException">The target refused it for good, or a newer version has written it.</exception>
    /// <exception cref="OutboxDeferredException">The target did not take it now and says when to come again.</exception>
    /// <exception cref="WebhookException">The target did not take it now.</exception>
    public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return _webhook.SendAsync(message, Translate, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _webhook.Dispose();

    internal static void RequireNotices(PipelineNotices notices)
    {
        if (notices == PipelineNotices.None || (notices & ~PipelineNotices.All) != PipelineNotices.None)
        {
            throw new ArgumentException($"A webhook tells at least one of {PipelineNotices.All}, got {notices}.", nameof(notices));
        }
    }

    private static PipelineNotices NoticeOf(string topic) => topic switch
    {
        PipelineRunTransition.StartedTopic => PipelineNotices.RunStarted,
        PipelineRunTransition.SucceededTopic => PipelineNotices.RunSucceeded,
        PipelineRunTransition.FailedTopic => PipelineNotices.RunFailed,
        PipelineRunTransition.CancelledTopic => PipelineNotices.RunCancelled,
        PipelineApprovalRequest.Topic => PipelineNotices.ApprovalRequested,
        _ => PipelineNotices.None,
    };

    /// <summary>What leaves the host is named here, one by one.</summary>
    private static ReadOnlyMemory<byte> Translate(OutboxMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", message.Topic);
            if (message.Topic == PipelineApprovalRequest.Topic)
            {
                Write(json, PipelineApprovalRequest.Parse(message.Payload.Span));
            }
            else
            {
                Write(json, PipelineRunTransition.Parse(message.Payload.Span));
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, PipelineRunTransition run)
    {
        json.WriteString("timestamp", run.At.UtcDateTime);
        json.WriteStartObject("data");
        json.WriteString("pipeline", run.Pipeline);
        json.WriteNumber("run", run.RunId);
        json.WriteString("startedAt", run.StartedAt.UtcDateTime);
        WriteText(json, "schedule", run.Schedule);
        WriteText(json, "failure", run.FailureKind?.ToString());
        WriteText(json, "step", run.FailedStep);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PipelineApprovalRequest question)
    {
        json.WriteString("timestamp", question.At.UtcDateTime);
        json.WriteStartObject("data");
        json.WriteString("pipeline", question.Pipeline);
        json.WriteNumber("run", question.RunId);
        json.WriteString("step", question.Step);
        if (question.ExpiresAt is { } time)
        {
            json.WriteString("expiresAt", time.UtcDateTime);
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
