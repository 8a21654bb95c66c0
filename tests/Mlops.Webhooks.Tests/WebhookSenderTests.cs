using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Webhooks.Tests;

internal sealed class WebhookSenderTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    private static readonly byte[] Body = """{"type":"test"}"""u8.ToArray();

    [Test]
    public async Task A_message_arrives_with_the_three_headers_and_its_signature()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("204 No Content");
        FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(1_614_265_330));
        using WebhookSender sender = New(target, time: time);
        using Activity traced = new Activity("traced").Start();
        await sender.SendAsync("msg_1", Body);

        LoopbackRequest request = target.Requests.Single();
        Assert.That(request.Line, Is.EqualTo("POST /hook?token=secret HTTP/1.1"));
        Assert.That(request.Body, Is.EqualTo(Body));
        Assert.That(request.Headers["content-type"], Is.EqualTo("application/json"));
        Assert.That(request.Headers["webhook-id"], Is.EqualTo("msg_1"));
        Assert.That(request.Headers["webhook-timestamp"], Is.EqualTo("1614265330"));
        Assert.That(IsGenuine(request, Key, time.GetUtcNow()), Is.True);
        Assert.That(request.Headers.Keys, Is.EquivalentTo(new[] { "Host", "User-Agent", "Content-Type", "Content-Length", "webhook-id", "webhook-timestamp", "webhook-signature" }));
    }

    [Test]
    public async Task While_keys_change_a_receiver_may_know_either()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using WebhookSender sender = New(target, static o => o.Keys.Add(Other));
        await sender.SendAsync("msg_1", Body);

        LoopbackRequest request = target.Requests.Single();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Assert.That((IsGenuine(request, Key, now), IsGenuine(request, Other, now)), Is.EqualTo((true, true)));
    }

    [TestCase("408 Request Timeout")]
    [TestCase("425 Too Early")]
    [TestCase("429 Too Many Requests")]
    [TestCase("500 Internal Server Error")]
    [TestCase("503 Service Unavailable\r\nRetry-After: 0")]
    public async Task What_passes_is_tried_again_under_the_same_id(string status)
    {
        await using LoopbackTarget target = LoopbackTarget.Answering(status, status, "200 OK");
        using WebhookSender sender = New(target);
        await sender.SendAsync("msg_1", Body);

        Assert.That(target.Requests, Has.Count.EqualTo(3));
        Assert.That(target.Requests.Select(static r => r.Headers["webhook-id"]), Is.All.EqualTo("msg_1"));
        Assert.That(target.Requests.Select(static r => IsGenuine(r, Key, TimeProvider.System.GetUtcNow())), Is.All.True);
    }

    [TestCase("400 Bad Request", 400)]
    [TestCase("404 Not Found", 404)]
    [TestCase("410 Gone", 410)]
    [TestCase("302 Found\r\nLocation: /elsewhere", 302)]
    [TestCase("307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/", 307)]
    public async Task A_refusal_or_a_redirect_is_final(string status, int code)
    {
        await using LoopbackTarget target = LoopbackTarget.Answering(status);
        using WebhookSender sender = New(target);
        WebhookException exception = await FailAsync(sender);

        Assert.That(target.Requests, Has.Count.EqualTo(1));
        Assert.That(((int?)exception.StatusCode, exception.Attempts, exception.IsTransient), Is.EqualTo((code, 1, false)));
        Assert.That(exception.Message, Does.Contain(sender.Host).And.Contain($"{code}").And.Not.Contain("token").And.Not.Contain("secret").And.Not.Contain("/hook"));
    }

    [Test]
    public async Task Attempts_end_at_their_maximum()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("500 Internal Server Error");
        using WebhookSender sender = New(target, static o => o.MaximumAttempts = 3);
        WebhookException exception = await FailAsync(sender);

        Assert.That(target.Requests, Has.Count.EqualTo(3));
        Assert.That((exception.StatusCode, exception.Attempts, exception.IsTransient), Is.EqualTo((HttpStatusCode.InternalServerError, 3, true)));
    }

    [Test]
    public async Task A_target_that_hangs_costs_the_time_limit_for_each_attempt()
    {
        await using LoopbackTarget target = LoopbackTarget.Hanging();
        using WebhookSender sender = New(target, static o => (o.Timeout, o.MaximumAttempts) = (TimeSpan.FromMilliseconds(100), 2));
        WebhookException exception = await FailAsync(sender);

        Assert.That((exception.StatusCode, exception.Attempts, exception.IsTransient), Is.EqualTo(((HttpStatusCode?)null, 2, true)));
        Assert.That(exception.Message, Does.Contain("did not answer in time"));
    }

    [Test]
    public async Task The_total_time_ends_the_attempts()
    {
        await using LoopbackTarget target = LoopbackTarget.Hanging();
        using WebhookSender sender = New(target, static o => (o.TotalTimeout, o.MaximumAttempts) = (TimeSpan.FromMilliseconds(150), 20));
        WebhookException exception = await FailAsync(sender);

        Assert.That((exception.Attempts, exception.IsTransient), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task A_wait_beyond_the_total_time_is_left_to_the_caller()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("429 Too Many Requests\r\nRetry-After: 3600");
        using WebhookSender sender = New(target);
        WebhookException exception = await FailAsync(sender);

        Assert.That((exception.Attempts, exception.RetryAfter, exception.IsTransient), Is.EqualTo((1, TimeSpan.FromHours(1), true)));
        Assert.That(exception.Message, Does.Contain("3600 s"));
    }

    [TestCase("Retry-After: 7")]
    [TestCase("Retry-After: Thu, 25 Feb 2021 15:02:17 GMT")]
    public async Task A_wait_that_fits_is_kept(string header)
    {
        await using LoopbackTarget target = LoopbackTarget.Answering($"503 Service Unavailable\r\n{header}", "200 OK");
        SkippingTime time = new(TimeSpan.FromSeconds(10));
        time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds(1_614_265_330));
        using WebhookSender sender = New(target, static o => o.TotalTimeout = TimeSpan.FromMinutes(1), time);
        await sender.SendAsync("msg_1", Body);

        Assert.That(time.Waits, Is.EqualTo(new[] { TimeSpan.FromSeconds(7) }));
        long[] seconds = [.. target.Requests.Select(static r => long.Parse(r.Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.That(seconds, Has.Length.EqualTo(2));
        Assert.That(seconds[1] - seconds[0], Is.EqualTo(7));
    }

    [Test]
    public async Task Waits_double_up_to_the_longest_less_a_part_that_depends_on_the_id()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("500 Internal Server Error");
        List<double[]> shares = [];
        foreach (string id in (string[])["msg_1", "msg_2", "msg_1"])
        {
            SkippingTime time = new(TimeSpan.FromSeconds(59));
            using WebhookSender sender = New(
                target,
                static o => (o.Timeout, o.TotalTimeout, o.MaximumAttempts, o.FirstDelay, o.MaximumDelay) = (TimeSpan.FromSeconds(59), TimeSpan.FromHours(1), 9, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1)),
                time);
            Assert.That(async () => await sender.SendAsync(id, Body), Throws.TypeOf<WebhookException>());
            double[] longest = [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000];
            shares.Add([.. time.Waits.Select(static wait => wait.TotalMilliseconds).Zip(longest, static (wait, most) => wait / most)]);
        }

        Assert.That(shares.SelectMany(static s => s), Has.Exactly(24).Items.And.All.GreaterThanOrEqualTo(0.5).And.All.LessThanOrEqualTo(1));
        Assert.That(shares[0].Max() - shares[0].Min(), Is.GreaterThan(0.1));
        Assert.That(shares[1], Is.Not.EqualTo(shares[0]));
        Assert.That(shares[2], Is.EqualTo(shares[0]));
    }

    [Test]
    public async Task An_attempt_has_no_more_time_than_is_left_in_all()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Service Unavailable\r\nRetry-After: 15", "200 OK");
        SkippingTime time = new(TimeSpan.FromSeconds(20));
        using WebhookSender sender = New(target, static o => (o.Timeout, o.TotalTimeout) = (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40)), time);
        await sender.SendAsync("msg_1", Body);

        Assert.That(time.Limits.Select(static limit => limit.TotalSeconds), Is.EqualTo(new double[] { 30, 25 }));
    }

    [Test]
    public async Task A_wait_that_ends_too_late_does_not_hide_what_the_receiver_answered()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Service Unavailable\r\nRetry-After: 5");
        using WebhookSender sender = New(target, time: new SkippingTime(TimeSpan.FromSeconds(10)) { Late = TimeSpan.FromSeconds(20) });
        WebhookException exception = await FailAsync(sender);

        Assert.That((exception.StatusCode, exception.Attempts, exception.RetryAfter, target.Requests.Count), Is.EqualTo((HttpStatusCode.ServiceUnavailable, 1, TimeSpan.FromSeconds(5), 1)));
    }

    [Test]
    public async Task Neither_a_proxy_nor_cookies_are_used()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK\r\nSet-Cookie: a=b; Path=/");
        IWebProxy before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new NoWay();
        try
        {
            using WebhookSender sender = New(target, static o => o.MaximumAttempts = 1);
            await sender.SendAsync("msg_1", Body);
            await sender.SendAsync("msg_2", Body);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.That(target.Requests, Has.Count.EqualTo(2));
        Assert.That(target.Requests.Select(static r => r.Headers.ContainsKey("Cookie")), Has.All.False);
    }

    [Test]
    public async Task A_target_that_cannot_be_reached_is_named()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using WebhookSender sender = New(target, static o => o.MaximumAttempts = 2);
        await target.DisposeAsync();
        WebhookException exception = await FailAsync(sender);

        Assert.That((exception.Attempts, exception.StatusCode, exception.IsTransient), Is.EqualTo((2, (HttpStatusCode?)null, true)));
        Assert.That(exception.Message, Does.Contain("could not be reached"));
        Assert.That(exception.ToString(), Does.Not.Contain("token=").And.Not.Contain("secret"));
        Assert.That(exception.InnerException, Is.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task A_connection_that_breaks_off_is_tried_again()
    {
        await using LoopbackTarget target = new(static (request, stream, token) => request == 0
            ? LoopbackTarget.WriteAsync(stream, "HTTP/1.1 20", token)
            : LoopbackTarget.WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", token));
        using WebhookSender sender = New(target);
        await sender.SendAsync("msg_1", Body);

        Assert.That(target.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_endless_answer_is_not_read()
    {
        long written = 0;
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopbackTarget target = new(async (_, stream, token) =>
        {
            byte[] block = new byte[65_536];
            await LoopbackTarget.WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", token);
            try
            {
                while (true)
                {
                    await stream.WriteAsync(block, token);
                    written += block.Length;
                }
            }
            finally
            {
                ended.SetResult();
            }
        });
        using WebhookSender sender = New(target);
        await sender.SendAsync("msg_1", Body);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(written, Is.LessThan(64_000_000), "socket buffers at most");
    }

    [Test]
    public async Task Headers_without_end_are_a_failure()
    {
        await using LoopbackTarget target = new(static async (_, stream, token) =>
        {
            await LoopbackTarget.WriteAsync(stream, "HTTP/1.1 200 OK\r\n", token);
            for (int i = 0; i < 10_000; i++)
                await LoopbackTarget.WriteAsync(stream, $"X-{i}: {new string('x', 100)}\r\n", token);
        });
        using WebhookSender sender = New(target, static o => o.MaximumAttempts = 1);
        WebhookException exception = await FailAsync(sender);

        Assert.That(exception.StatusCode, Is.Null);
    }

    [Test]
    public async Task A_cancellation_ends_an_attempt_and_a_wait()
    {
        await using LoopbackTarget hanging = LoopbackTarget.Hanging();
        await using LoopbackTarget busy = LoopbackTarget.Answering("503 Service Unavailable\r\nRetry-After: 10");
        foreach (LoopbackTarget target in (LoopbackTarget[])[hanging, busy])
        {
            using CancellationTokenSource cancellation = new();
            using WebhookSender sender = New(target);
            Task sent = sender.SendAsync("msg_1", Body, cancellation.Token);
            while (target.Requests.IsEmpty)
                await Task.Delay(5);
            await cancellation.CancelAsync();

            Assert.That(async () => await sent, Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    public async Task What_may_not_be_sent_is_refused_before_anything_is()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using WebhookSender sender = New(target, static o => o.MaximumPayloadBytes = 10);

        Assert.That(() => sender.SendAsync("a.b", Body), Throws.ArgumentException);
        Assert.That(() => sender.SendAsync("a\r\nb: c", Body), Throws.ArgumentException);
        Assert.That(() => sender.SendAsync("a", new byte[11]), Throws.ArgumentException.With.Message.Contains("11"));
        Assert.That(() => sender.SendAsync("a", ReadOnlyMemory<byte>.Empty), Throws.ArgumentException);
        await sender.SendAsync("a", new byte[10]);
        Assert.That(target.Requests, Has.Count.EqualTo(1));
    }

    private static WebhookSender New(LoopbackTarget target, Action<WebhookOptions>? configure = null, TimeProvider? time = null)
    {
        WebhookOptions options = new() { Url = target.Url, AllowHttp = true, Keys = { Key }, FirstDelay = TimeSpan.FromMilliseconds(10) };
        configure?.Invoke(options);
        return new WebhookSender(options, time);
    }

    private static bool IsGenuine(LoopbackRequest request, string key, DateTimeOffset now) => new WebhookSignature(key).Verify(
        request.Headers["webhook-id"], request.Headers["webhook-timestamp"], request.Headers["webhook-signature"], request.Body, now);

    private static async Task<WebhookException> FailAsync(WebhookSender sender)
    {
        try
        {
            await sender.SendAsync("msg_1", Body);
        }
        catch (WebhookException exception)
        {
            return exception;
        }

        throw new AssertionException("The message was taken.");
    }

    /// <summary>A proxy where nobody listens.</summary>
    private sealed class NoWay : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri GetProxy(Uri destination) => new("http://127.0.0.1:1");

        public bool IsBypassed(Uri host) => false;
    }
}
