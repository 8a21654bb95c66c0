using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops;

/// <summary>Posts what the outbox says of tracked runs and of pipelines to an OpenLineage receiver, for example Marquez. Thread-safe.</summary>
internal sealed class OpenLineageReceiver : IOutboxReceiver, IDisposable
{
    private readonly OpenLineageOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;

    public OpenLineageReceiver(OpenLineageOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        {
            Timeout = options.Timeout,
        };
    }

    public string Name => "openlineage";

    public bool Takes(string topic) =>
        topic is RunTransition.StartedTopic or RunTransition.EndedTopic
        || PipelineRunTransition.Is(topic)
        || (_options.PipelineSteps && PipelineStepTransition.Is(topic));

    public async Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url);
        request.Content = new ReadOnlyMemoryContent(Translate(message));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (_options.ApiKey is { } key)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge)
        {
            throw new OutboxRejectedException($"The OpenLineage receiver answered {(int)response.StatusCode} to message {message.Id}; sent again it would be the same.");
        }

        if (!response.IsSuccessStatusCode && Wait(response) is { } wait)
        {
            throw new OutboxDeferredException($"The OpenLineage receiver answered {(int)response.StatusCode} to message {message.Id} and asks for a wait of {wait}.", wait);
        }

        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _client.Dispose();

    /// <summary>What Retry-After asks for.</summary>
    private TimeSpan? Wait(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? header = response.Headers.RetryAfter;
        TimeSpan? wait = header?.Delta ?? header?.Date - _time.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private ReadOnlyMemory<byte> Translate(OutboxMessage message)
    {
        try
        {
            return PipelineRunTransition.Is(message.Topic) ? PipelineLineageEvent.Of(PipelineRunTransition.Parse(message.Payload.Span), _options)
                : PipelineStepTransition.Is(message.Topic) ? PipelineLineageEvent.Of(PipelineStepTransition.Parse(message.Payload.Span), _options)
                : OpenLineageEvent.Of(RunTransition.Parse(message.Payload.Span), _options.Namespace, _options.Producer);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new OutboxRejectedException($"Message {message.Id} cannot be read; a newer version may have written it.", exception);
        }
    }
}
