using System.Net;
using System.Text;
using Amazon.S3;

namespace Mlops.Storage.S3.Tests;

/// <summary>What the store makes of answers that the emulator does not give.</summary>
[TestFixture]
public sealed class S3AnswersTests
{
    private static readonly byte[] Content = [1, 2, 3];

    private static S3ArtifactOptions Options => new() { Bucket = "bucket", Region = "us-east-1" };

    [TestCase(HttpStatusCode.PreconditionFailed, new[] { "HEAD", "PUT*", "HEAD" }, TestName = "That_another_upload_was_faster_is_success")]
    [TestCase(HttpStatusCode.Conflict, new[] { "HEAD", "PUT*", "PUT", "HEAD" }, TestName = "A_race_of_conditional_puts_is_decided_by_a_plain_one")]
    [TestCase(HttpStatusCode.NotImplemented, new[] { "HEAD", "PUT*", "PUT", "HEAD" }, TestName = "A_server_without_the_condition_gets_a_plain_put")]
    public async Task Publish(HttpStatusCode toCondition, string[] expected)
    {
        var server = new Server(toCondition);
        using var store = new S3ArtifactStore(server.Client, Options);

        await PublishAsync(store);

        Assert.That(server.Requests, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_server_that_was_found_to_lack_the_condition_is_not_asked_again()
    {
        var server = new Server(HttpStatusCode.NotImplemented);
        using var store = new S3ArtifactStore(server.Client, Options);
        await PublishAsync(store);
        server.Requests.Clear();
        server.Stored = null;

        await PublishAsync(store);

        Assert.That(server.Requests, Is.EqualTo(new[] { "HEAD", "PUT", "HEAD" }));
    }

    [Test]
    public async Task The_body_is_not_framed_and_carries_the_hash_for_the_server_to_check()
    {
        var server = new Server(HttpStatusCode.OK);
        using var store = new S3ArtifactStore(server.Client, Options);

        await PublishAsync(store);

        Assert.That(server.Stored, Is.EqualTo(Content));
        Assert.That(server.Checksum, Is.EqualTo(Convert.ToBase64String(ContentHash.Of(Content).ToArray())));
    }

    [Test]
    public async Task A_server_that_keeps_other_bytes_is_found_out_and_what_it_kept_is_removed()
    {
        var server = new Server(HttpStatusCode.OK) { Change = static body => [.. "1a;chunk-signature="u8, .. body] };
        using var store = new S3ArtifactStore(server.Client, Options);

        StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => PublishAsync(store));

        Assert.That((refused!.IsTransient, server.Stored), Is.EqualTo((false, (byte[]?)null)));
        Assert.That(refused.Message, Does.Contain("3 bytes were sent and the server kept 22"));
    }

    [TestCase(HttpStatusCode.ServiceUnavailable, true)]
    [TestCase(HttpStatusCode.InternalServerError, true)]
    [TestCase(HttpStatusCode.TooManyRequests, true)]
    [TestCase(HttpStatusCode.RequestTimeout, true)]
    [TestCase(HttpStatusCode.Forbidden, false)]
    [TestCase(HttpStatusCode.BadRequest, false)]
    public async Task A_refusal_is_transient_when_the_same_call_may_succeed_later(HttpStatusCode status, bool transient)
    {
        var server = new Server(HttpStatusCode.OK) { Refusal = status };
        using var store = new S3ArtifactStore(server.Client, Options);

        foreach (Func<Task> call in new Func<Task>[]
        {
            () => store.ExistsAsync(ContentHash.Of([1])).AsTask(),
            () => store.OpenReadAsync(ContentHash.Of([1])).AsTask(),
            () => store.OpenRangeAsync(ContentHash.Of([1]), 0).AsTask(),
            () => store.DeleteAsync(ContentHash.Of([1])).AsTask(),
            () => PublishAsync(store),
        })
        {
            StorageException? refused = await Assert.ThrowsAsync<StorageException>(call.Invoke);
            Assert.That((refused!.IsTransient, refused.GetType()), Is.EqualTo((transient, typeof(StorageException))), refused.Message);
            Assert.That(refused.ToString(), Does.Not.Contain("canary"));
            Assert.That(refused.Message, Does.Contain($"{(int)status}").And.Contain("'bucket'"));
        }
    }

    [Test]
    public async Task A_body_that_ends_early_is_a_transient_failure_and_no_short_artifact()
    {
        var server = new Server(HttpStatusCode.OK) { Stored = Content, Short = true };
        using var store = new S3ArtifactStore(server.Client, Options);
        await using Stream stream = await store.OpenReadAsync(ContentHash.Of(Content));

        StorageException? broken = await Assert.ThrowsAsync<StorageException>(async () => await stream.CopyToAsync(Stream.Null));
        Assert.That(broken!.IsTransient, Is.True);
    }

    private static async Task PublishAsync(S3ArtifactStore store)
    {
        await using StagedArtifact staged = await store.StageAsync(new MemoryStream(Content));
        await staged.PublishAsync();
    }

    /// <summary>A bucket with one object. Its credentials are canaries.</summary>
    private sealed class Server
    {
        private readonly HttpStatusCode _toCondition;

        public Server(HttpStatusCode toCondition)
        {
            _toCondition = toCondition;
            Client = new AmazonS3Client("canary-key", "canary-secret", new AmazonS3Config
            {
                ServiceURL = "http://127.0.0.1:1",
                UseHttp = true,
                ForcePathStyle = true,
                MaxErrorRetry = 0,
                RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
                HttpClientFactory = new Clients(this),
            });
        }

        public AmazonS3Client Client { get; }

        public List<string> Requests { get; } = [];

        public byte[]? Stored { get; set; }

        public string? Checksum { get; private set; }

        public HttpStatusCode? Refusal { get; init; }

        public Func<byte[], byte[]> Change { get; init; } = static body => body;

        public bool Short { get; init; }

        private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request)
        {
            bool conditional = request.Headers.IfNoneMatch.Count > 0;
            Requests.Add(request.Method.Method + (conditional ? "*" : ""));
            if (Refusal is { } refusal)
            {
                return Refuse(refusal);
            }

            switch (request.Method.Method)
            {
                case "PUT" when conditional && _toCondition != HttpStatusCode.OK:
                    Stored = _toCondition == HttpStatusCode.PreconditionFailed ? Content : null;
                    return Refuse(_toCondition);
                case "PUT":
                    Stored = Change(await request.Content!.ReadAsByteArrayAsync());
                    Checksum = request.Headers.GetValues("x-amz-checksum-sha256").Single();
                    return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
                case "DELETE":
                    Stored = null;
                    return new HttpResponseMessage(HttpStatusCode.NoContent) { Content = new ByteArrayContent([]) };
                case var _ when Stored is null:
                    return Refuse(HttpStatusCode.NotFound);
                default:
                    var body = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new MemoryStream(request.Method.Method == "HEAD" ? [] : Short ? Stored[..1] : Stored)) };
                    body.Content.Headers.ContentLength = Stored.Length;
                    return body;
            }
        }

        private static HttpResponseMessage Refuse(HttpStatusCode status) => new(status)
        {
            Content = new StringContent("<Error><Code>Refused</Code><Message>no</Message></Error>", Encoding.UTF8, "application/xml"),
        };

        private sealed class Clients(Server server) : Amazon.Runtime.HttpClientFactory
        {
            public override HttpClient CreateHttpClient(Amazon.Runtime.IClientConfig clientConfig) => new(new Handler(server));
        }

        private sealed class Handler(Server server) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => server.AnswerAsync(request);
        }
    }
}
