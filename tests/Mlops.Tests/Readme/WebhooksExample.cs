// given: begin
using System.Net;
using System.Net.Sockets;
// given: end
// readme: begin
using System.Text.Json;
using Mlops.Webhooks;
// readme: end

namespace Mlops.Tests.Readme.Webhooks;

/// <summary>The first example of Mlops.Webhooks.</summary>
[TestFixture]
public sealed class WebhooksExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // given: begin
        using HttpListener receiver = Listening();
        Task<HttpListenerContext> received = receiver.GetContextAsync();
        Uri url = new(receiver.Prefixes.Single());
        string key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

        static HttpListener Listening()
        {
            for (int attempt = 1; ; attempt++)
            {
                using TcpListener free = new(IPAddress.Loopback, 0);
                free.Start();
                HttpListener listener = new();
                listener.Prefixes.Add($"http://{free.LocalEndpoint}/");
                free.Stop();
                try
                {
                    listener.Start();
                    return listener;
                }
                catch (HttpListenerException) when (attempt < 10)
                {
                    // Somebody else was given the port.
                    listener.Close();
                }
            }
        }
        // given: end

        // readme: begin
        // The sender, for the life of the host. Keep keys out of the source; make one with: openssl rand -base64 32
        using WebhookSender sender = new(new WebhookOptions { Url = url, Keys = { key }, AllowHttp = url.IsLoopback });
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new { type = "model.promoted", data = new { model = "ridership", version = 7 } });
        Task sent = sender.SendAsync("promotion_ridership_7", json);

        // The receiver, in whatever server it has: the three headers, and the body before anything has parsed it.
        HttpListenerContext call = await received;
        MemoryStream body = new();
        await call.Request.InputStream.CopyToAsync(body);
        WebhookSignature signature = new(key);
        bool isGenuine = signature.Verify(
            call.Request.Headers["webhook-id"], call.Request.Headers["webhook-timestamp"], call.Request.Headers["webhook-signature"],
            body.ToArray(), TimeProvider.System.GetUtcNow());
        call.Response.StatusCode = isGenuine ? 204 : 401;
        call.Response.Close();

        await sent;                                       // a WebhookException says what the receiver answered
        Console.WriteLine($"{call.Request.Headers["webhook-id"]} is genuine: {isGenuine}");
        // readme: end

        AssertShownIn("src/Mlops.Webhooks/README.md");
    }
}
