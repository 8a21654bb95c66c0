using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Webhooks;

/// <summary>
/// Sends signed messages to one target, as the Standard Webhooks specification says. Thread-safe; keep one for the life of the host.
/// </summary>
/// <remarks>
/// A message is taken once the receiver answers 2xx. No answer, 408, 425, 429 and 5xx are tried again, after growing waits or what
/// Retry-After asks for, as long as <see cref="WebhookOptions.MaximumAttempts"/> and <see cref="WebhookOptions.TotalTimeout"/> allow;
/// everything else, redirects included, is not. Each attempt has its own timestamp and signature; the id stays, and a receiver that took
/// a message whose answer was lost sees it again. Proxies, cookies and tracing headers are not used, and an answer's body is not read.
/// </remarks>
public sealed class WebhookSender : IDisposable
{
    // Beyond it, the connection is closed instead of read to its end.
    private const int DrainedBytes = 16 * 1_024;

    private readonly HttpClient _client;
    private readonly WebhookSignature _signature;
    private readonly TimeProvider _timeProvider;
    private readonly Uri _url;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _totalTimeout;
    private readonly TimeSpan _firstDelay;
    private readonly TimeSpan _maximumDelay;
    private readonly int _maximumAttempts;
    private readonly int _maximumPayloadBytes;

    /// <summary>Creates a sender; later changes of the options do not reach it.</summary>
    /// <param name="options">Target, keys and bounds.</param>
    /// <param name="timeProvider">The clock of timestamps, waits and time limits; default the system's.</param>
    /// <exception cref="ArgumentException">An option is missing or out of its range.</exception>
    public WebhookSender(WebhookOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _signature = new WebhookSignature([.. options.Keys]);
        _url = options.Url!;
        _timeout = options.Timeout;
        _totalTimeout = options.TotalTimeout;
        _firstDelay = options.FirstDelay;
        _maximumDelay = options.MaximumDelay;
        _maximumAttempts = options.MaximumAttempts;
        _maximumPayloadBytes = options.MaximumPayloadBytes;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = DrainedBytes / 1_024,
            MaxResponseDrainSize = DrainedBytes,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),

            // A target that moves is found again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The target's host and port.</summary>
    public string Host => _url.Authority;

    /// <summary>Sends a message and returns once the receiver has taken it.</summary>
    /// <param name="id">
    /// Names the message; the receiver's key against handling it twice. The same message sent again must have the same id. 1 to 2 048
    /// visible ASCII characters, no full stop.
    /// </param>
    /// <param name="json">The body, UTF-8, 1 to <see cref="WebhookOptions.MaximumPayloadBytes"/> bytes. It is sent as it is.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="WebhookException">The receiver refused the message, or did not take it in the attempts and the time there were.</exception>
    /// <exception cref="ArgumentException">The id or the length of the body is not allowed; nothing was sent.</exception>
    public Task SendAsync(string id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken = default)
    {
        WebhookSignature.RequireId(id);
        if (json.Length is 0 || json.Length > _maximumPayloadBytes)
            throw new ArgumentException($"A webhook's body must be 1 to {_maximumPayloadBytes} bytes, is {json.Length}.", nameof(json));
        return SendInAttemptsAsync(id, json, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _client.Dispose();

    private async Task SendInAttemptsAsync(string id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        long start = _timeProvider.GetTimestamp();
        TimeSpan left = _totalTimeout;
        for (int attempt = 1; ; attempt++)
        {
            WebhookAnswer answer = await TryAsync(id, json, left < _timeout ? left : _timeout, cancellationToken).ConfigureAwait(false);
            if (answer.IsTaken)
                return;
            TimeSpan delay = Delay(id, attempt, answer.RetryAfter);
            if (!answer.IsTransient || attempt == _maximumAttempts || _timeProvider.GetElapsedTime(start) + delay >= _totalTimeout)
                throw WebhookException.From(Host, attempt, answer);
            await Task.Delay(delay, _timeProvider, cancellationToken).ConfigureAwait(false);

            // A wait may end late. An attempt without time would only hide what the receiver answered.
            left = _totalTimeout - _timeProvider.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw WebhookException.From(Host, attempt, answer);
        }
    }

    private async Task<WebhookAnswer> TryAsync(string id, ReadOnlyMemory<byte> json, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(timeout, _timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = Request(id, json);
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            return new WebhookAnswer(response.StatusCode, RetryAfter(response.Headers.RetryAfter), Failure: null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return new WebhookAnswer(StatusCode: null, RetryAfter: null, exception);
        }
    }

    private HttpRequestMessage Request(string id, ReadOnlyMemory<byte> json)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        HttpRequestMessage request = new(HttpMethod.Post, _url) { Content = new ReadOnlyMemoryContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Mlops.Webhooks", productVersion: null));
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", _signature.Create(id, now, json.Span));
        return request;
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? header?.Date - _timeProvider.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private TimeSpan Delay(string id, int attempt, TimeSpan? asked)
    {
        TimeSpan doubled = _firstDelay * Math.Pow(2, attempt - 1);
        TimeSpan delay = (doubled < _maximumDelay ? doubled : _maximumDelay) * (1 - (Share(id, attempt) / 2));
        return asked > delay ? asked.Value : delay;
    }

    // In [0, 1): messages that failed together do not come back together.
    private static double Share(string id, int attempt) =>
        BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{attempt}")))) / 4_294_967_296.0;
}
