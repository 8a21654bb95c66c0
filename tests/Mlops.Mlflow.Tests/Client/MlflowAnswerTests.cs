using System.Net;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>Answers that no well-meaning server gives.</summary>
[TestFixture]
public sealed class MlflowAnswerTests
{
    private const int Limit = 65_536;

    private ScriptedServer _server = null!;
    private HttpClient _http = null!;
    private MlflowClient _client = null!;
    private MlflowRun _run = null!;

    [SetUp]
    public async Task Open()
    {
        _server = new ScriptedServer();
        _http = new HttpClient(_server) { BaseAddress = new Uri("http://mlflow.test/") };
        _client = new MlflowClient(_http) { MaximumAnswerBytes = Limit };
        _run = await new MlflowClient(_http).GetRunAsync(ScriptedServer.RunId);
    }

    [TearDown]
    public void Close()
    {
        _http.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task An_answer_is_read_up_to_the_bound_and_not_a_byte_beyond([Values] bool saysItsLength)
    {
        foreach (int length in new[] { Limit, Limit + 1 })
        {
            _server.Answer = _ => new HttpResponseMessage { Content = saysItsLength ? new ByteArrayContent(Padded(length)) : new StreamContent(new CountedStream(Padded(length))) };

            if (length == Limit)
            {
                Assert.That(await _client.GetMetricHistoryAsync(ScriptedServer.RunId, "m"), Is.Empty);
            }
            else
            {
                MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(() => _client.GetMetricHistoryAsync(ScriptedServer.RunId, "m"));
                Assert.That(refused!.Message, Does.Contain("MaximumAnswerBytes").And.Contain("65536"));
                Assert.That(refused.IsTransient, Is.False);
            }
        }
    }

    [Test]
    public async Task An_answer_without_end_is_left_where_the_bound_is()
    {
        var endless = new CountedStream(null);
        _server.Answer = _ => new HttpResponseMessage { Content = new StreamContent(endless) };

        MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(() => _client.GetRunAsync(ScriptedServer.RunId));

        Assert.That(refused!.Message, Does.Contain("MaximumAnswerBytes"));
        Assert.That(endless.Count, Is.GreaterThan(Limit).And.LessThan(4 * Limit));
    }

    [Test]
    public async Task A_refusal_of_any_length_keeps_its_status()
    {
        _server.Answer = _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new StreamContent(new CountedStream(null)) };

        MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(() => _client.GetRunAsync(ScriptedServer.RunId));

        Assert.That((refused!.Status, refused.IsTransient), Is.EqualTo((HttpStatusCode.ServiceUnavailable, true)));
    }

    [Test]
    public async Task The_store_has_the_bound_of_its_options()
    {
        _server.Answer = path => path == "runs/get" ? new HttpResponseMessage { Content = new ByteArrayContent(Padded(Limit + 1)) } : null;
        using var bounded = new Tracker(new MlflowTrackingStore(_http, new MlflowStoreOptions { MaximumAnswerBytes = Limit }));

        MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(() => bounded.FindRunAsync(ScriptedServer.RunId));

        Assert.That(refused!.Message, Does.Contain("MaximumAnswerBytes"));
        Assert.That(_server.Requests, Has.Count.EqualTo(2), "that of the set-up, and one: another attempt would be as long");
    }

    [Test]
    public async Task An_answer_that_stops_in_its_middle_ends_with_the_timeout_of_the_client()
    {
        using var http = new HttpClient(_server, disposeHandler: false) { BaseAddress = _http.BaseAddress, Timeout = TimeSpan.FromMilliseconds(200) };
        _server.Answer = _ => new HttpResponseMessage { Content = new StreamContent(new StalledStream()) };

        TaskCanceledException? ended = await Assert.ThrowsAsync<TaskCanceledException>(() => new MlflowClient(http).GetRunAsync(ScriptedServer.RunId));

        Assert.That(ended!.InnerException, Is.TypeOf<TimeoutException>());
    }

    private static readonly string[] Nonsense =
    [
        "{}", """{"run":{}}""", """{"run":[]}""", """{"run":{"info":{}}}""", """{"run":{"info":{"run_id":""}}}""", """{"run":{"info":{"run_id":7}}}""",
        """{"run":{"info":{"run_id":"0123456789abcdef0123456789abcdef","start_time":9223372036854775807}}}""",
        """{"run":{"info":{"run_id":"0123456789abcdef0123456789abcdef"},"data":{"metrics":[7]}}}""",
        """{"run":{"info":{"run_id":"0123456789abcdef0123456789abcdef"},"data":{"metrics":[{"key":"a","value":null}]}}}""",
        """{"run":{"info":{"run_id":"0123456789abcdef0123456789abcdef"},"data":{"metrics":[{"key":"a","value":1},{"key":"a","value":1}]}}}""",
        """{"runs":[7]}""", """{"runs":[{}]}""", """{"experiment":{}}""", """{"experiment":[]}""", """{"experiments":[7]}""", """{"experiment":{"experiment_id":7,"name":7}}""",
        """{"metrics":[7]}""", """{"metrics":[{}]}""", """{"metrics":[{"value":true}]}""", """{"files":[7]}""", "[]", "null", "", "<html>",
    ];

    /// <summary>Whatever is answered, it is read as nothing, or it is a typed error that is not asked for again.</summary>
    [TestCaseSource(nameof(Nonsense))]
    public async Task An_answer_that_makes_no_sense_is_a_typed_error(string answer)
    {
        _server.Answer = _ => new HttpResponseMessage { Content = new StringContent(answer) };
        var store = new MlflowTrackingStore(_http);
        int typed = 0;
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => _client.GetRunAsync(ScriptedServer.RunId),
            () => _client.CreateRunAsync("1", "n", DateTimeOffset.UnixEpoch),
            () => _client.FindRunAsync("1", "t", "v"),
            () => _client.GetExperimentNameAsync("1"),
            () => _client.GetOrCreateExperimentAsync("e"),
            () => _client.GetMetricHistoryAsync(ScriptedServer.RunId, "m"),
            () => _client.ListArtifactsAsync(ScriptedServer.RunId),
            () => store.FindExperimentAsync("e", default),
            () => store.ListExperimentsAsync(new ExperimentQuery(), default),
            () => store.ListRunsAsync(["e"], new RunQuery(), default),
        })
        {
            try
            {
                await call();
            }
            catch (MlflowException exception)
            {
                Assert.That(exception.IsTransient, Is.False);
                typed++;
            }
        }

        Assert.That(typed, Is.GreaterThanOrEqualTo(5), "those calls whose answer must hold something");
    }

    [Test]
    public async Task Folders_without_end_are_left()
    {
        int folders = 0;
        _server.Answer = _ => new HttpResponseMessage
        {
            Content = new StringContent($$"""{"files":[{"path":"a{{++folders}}","is_dir":true},{"path":"b{{folders}}","is_dir":true}]}"""),
        };

        MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(() => _client.ListArtifactsAsync(ScriptedServer.RunId));

        Assert.That(refused!.Message, Does.Contain("10000 folders"));
        Assert.That(folders, Is.EqualTo(10_000));
    }

    [TestCase(Limit - 1)]
    [TestCase((1 << 30) + 1)]
    public void A_bound_out_of_its_range_is_refused(int bytes) =>
        Assert.That(() => new MlflowClient(_http) { MaximumAnswerBytes = bytes }, Throws.TypeOf<ArgumentOutOfRangeException>());

    [TestCase("../../2/r/artifacts/a.txt")]
    [TestCase("..")]
    [TestCase("a/../b")]
    [TestCase("a/./b")]
    [TestCase("/a")]
    [TestCase("a//b")]
    [TestCase("a/")]
    public void A_name_that_leads_out_of_the_run_is_never_asked_for(string name)
    {
        int before = _server.Requests.Count;
        foreach (string uri in new[] { "mlflow-artifacts:/1/r/artifacts", "s3://bucket/1/r" })
        {
            MlflowRun run = _run with { ArtifactUri = uri };
            Assert.That(() => _client.OpenArtifactAsync(run, name), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
            Assert.That(() => _client.UploadArtifactAsync(run, name, new MemoryStream([1])), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        }

        Assert.That(_server.Requests, Has.Count.EqualTo(before));
    }

    /// <summary>The address comes from the server, and so might lead anywhere on it.</summary>
    [TestCase("mlflow-artifacts:/../../api/2.0/mlflow/runs")]
    [TestCase("mlflow-artifacts:/1/../../x")]
    [TestCase("mlflow-artifacts://other.example/1/r")]
    [TestCase("mlflow-artifacts:/")]
    public async Task A_run_whose_address_is_no_folder_of_the_proxy_is_not_behind_it(string uri)
    {
        MlflowRun run = _run with { ArtifactUri = uri };

        Assert.That(() => _client.UploadArtifactAsync(run, "a.txt", new MemoryStream([1])), Throws.TypeOf<NotSupportedException>());
        await (await _client.OpenArtifactAsync(run, "a.txt")).DisposeAsync();

        Assert.That(_server.Requests.Skip(1).Select(static request => request.Path), Is.EqualTo(new[] { "get-artifact" }));
    }

    [Test]
    public async Task Other_signs_of_a_name_arrive_as_they_are()
    {
        MlflowRun run = _run with { ArtifactUri = "mlflow-artifacts:/1/r/artifacts" };

        await (await _client.OpenArtifactAsync(run, "plots/..a %2e%2e?#.png")).DisposeAsync();

        Assert.That(_server.LastPath, Does.EndWith("/mlflow-artifacts/artifacts/1/r/artifacts/plots/..a%20%252e%252e%3F%23.png"));
    }

    private static byte[] Padded(int length)
    {
        byte[] body = new byte[length];
        body.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(body);
        return body;
    }

    /// <summary>Cannot seek, so that no length is said; counts what is read of it. Without content it never ends.</summary>
    private sealed class CountedStream(byte[]? content) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = content is null ? count : (int)Math.Min(count, content.Length - Count);
            content?.AsSpan((int)Count, read).CopyTo(buffer.AsSpan(offset));
            Count += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class StalledStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
