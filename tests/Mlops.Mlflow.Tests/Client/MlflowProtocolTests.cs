using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>What a tracker asks of a server of MLflow, and what it makes of its answers.</summary>
[TestFixture]
public sealed class MlflowProtocolTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    private readonly FakeTimeProvider _time = new(Start) { AutoAdvanceAmount = TimeSpan.Zero };
    private ScriptedServer _server = null!;
    private HttpClient _http = null!;

    [SetUp]
    public void Open()
    {
        _server = new ScriptedServer();
        _http = new HttpClient(_server);
    }

    [TearDown]
    public void Close()
    {
        _http.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task No_request_is_larger_than_servers_take()
    {
        using Tracker tracker = OpenTracker();
        await tracker.LogAsync(ScriptedServer.RunId, new RunLog
        {
            Metrics = [.. Enumerable.Range(0, 2_500).Select(static i => new Metric("m", i, i, Start))],
            Parameters = Enumerable.Range(0, 250).ToDictionary(static i => $"p{i}", static _ => new string('é', 6_000)),
            Tags = Enumerable.Range(0, 150).ToDictionary(static i => $"t{i}", static _ => "v"),
        });

        JsonElement[] bodies = [.. _server.BodiesOf("runs/log-batch")];
        Assert.That(Counts("metrics"), Is.All.InRange(1, 1_000).And.Exactly(3).Items);
        Assert.That(Counts("params"), Is.All.InRange(1, 100));
        Assert.That(Counts("tags"), Is.EqualTo(new[] { 100, 50 }));
        Assert.That(Counts("params").Sum(), Is.EqualTo(250));
        Assert.That(_server.Requests.Select(static request => Encoding.UTF8.GetByteCount(request.Body)), Is.All.LessThan(1_000_000));

        int[] Counts(string kind) => [.. bodies.Where(body => body.TryGetProperty(kind, out _)).Select(body => body.GetProperty(kind).GetArrayLength())];
    }

    [Test]
    public async Task Numbers_that_are_not_finite_are_texts_and_times_are_milliseconds()
    {
        using Tracker tracker = OpenTracker();
        await tracker.LogAsync(ScriptedServer.RunId, new RunLog { Metrics = [new("a", double.NaN, 1, Start.AddMicroseconds(999)), new("a", double.PositiveInfinity, -2, Start), new("a", double.NegativeInfinity, 0, Start)] });

        JsonElement metrics = _server.BodiesOf("runs/log-batch").Single().GetProperty("metrics");
        Assert.That(metrics.EnumerateArray().Select(static metric => metric.GetProperty("value").GetString()), Is.EqualTo(new[] { "NaN", "Infinity", "-Infinity" }));
        Assert.That(metrics[0].GetProperty("timestamp").GetInt64(), Is.EqualTo(1_700_000_000_123));
        Assert.That(metrics[1].GetProperty("step").GetInt64(), Is.EqualTo(-2));
    }

    [Test]
    public async Task A_query_is_in_the_language_of_mlflow()
    {
        using Tracker tracker = OpenTracker();
        await tracker.ListRunsAsync("e", new RunQuery
        {
            Filter = "metrics.m > 1 and tags.t = 'this or that'",
            Status = RunStatus.Finished,
            ParentId = "f",
            Tags = new Dictionary<string, string> { ["it's"] = "a 'b'" },
            Order = RunOrder.Parse("metrics.`a,b` DESC, start_time"),
            Lifecycle = Lifecycle.Any,
            Take = 7,
        });
        await tracker.ListRunsAsync("e", new RunQuery { Filter = "metrics.m > 1 or metrics.m < 0", Status = RunStatus.Failed, After = "opaque==" });

        JsonElement[] bodies = [.. _server.BodiesOf("runs/search")];
        Assert.That(bodies[0].GetProperty("filter").GetString(), Is.EqualTo(
            "metrics.m > 1 and tags.t = 'this or that' AND attributes.status = 'FINISHED' AND tags.`mlflow.parentRunId` = 'f' AND tags.`it's` = \"a 'b'\""));
        Assert.That(bodies[0].GetProperty("order_by").EnumerateArray().Select(static part => part.GetString()), Is.EqualTo(new[] { "metrics.`a,b` DESC", "start_time" }));
        Assert.That((bodies[0].GetProperty("run_view_type").GetString(), bodies[0].GetProperty("max_results").GetInt32()), Is.EqualTo(("ALL", 7)));
        Assert.That(bodies[1].GetProperty("filter").GetString(), Is.EqualTo("(metrics.m > 1 or metrics.m < 0) AND attributes.status = 'FAILED'"));
        Assert.That(bodies[1].GetProperty("page_token").GetString(), Is.EqualTo("opaque=="));
        Assert.That(bodies[1].GetProperty("order_by")[0].GetString(), Is.EqualTo("start_time DESC"));
    }

    /// <summary>Put between the parentheses that an OR needs, such a filter would drop the status beside it.</summary>
    [TestCase("metrics.m > 1) or (metrics.m < 0")]
    [TestCase("(metrics.m > 1")]
    [TestCase("metrics.m > 1)")]
    [TestCase("params.p = 'open")]
    [TestCase("params.p = 'x' or params.q = \"'")]
    [TestCase("params.`p = ')'")]
    public void A_filter_that_would_change_the_conditions_beside_it_is_not_sent(string filter)
    {
        var store = new MlflowTrackingStore(_http, new MlflowStoreOptions { BaseAddress = new Uri("http://mlflow.test") });

        Assert.That(() => store.ListRunsAsync(["e"], new RunQuery { Filter = filter, Status = RunStatus.Failed }, default), Throws.ArgumentException.With.Message.Contains("closed"));
        Assert.That(_server.Requests, Is.Empty);
    }

    [TestCase("params.p = ')' or params.q = '('", "(params.p = ')' or params.q = '(') AND attributes.status = 'FAILED'")]
    [TestCase("params.`(` IN ('a', '''')", "params.`(` IN ('a', '''') AND attributes.status = 'FAILED'")]
    public async Task Parentheses_within_quotes_are_text(string filter, string sent)
    {
        var store = new MlflowTrackingStore(_http, new MlflowStoreOptions { BaseAddress = new Uri("http://mlflow.test") });
        await store.ListRunsAsync(["e"], new RunQuery { Filter = filter, Status = RunStatus.Failed }, default);

        Assert.That(_server.BodiesOf("runs/search").Single().GetProperty("filter").GetString(), Is.EqualTo(sent));
    }

    [Test]
    public async Task What_mlflow_says_of_a_changed_parameter_names_each_of_them()
    {
        _server.Parameters = """[{"key":"p","value":"1"}]""";
        _server.Answer = path => path == "runs/log-batch"
            ? ScriptedServer.Refusal(HttpStatusCode.BadRequest, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed. Params were already logged='[{'key': 'p', 'old_value': '1', 'new_value': '2'}]' for run ID='x'.")
            : null;
        using Tracker tracker = OpenTracker();

        ParameterConflictException? conflict = await Assert.ThrowsAsync<ParameterConflictException>(
            async () => await tracker.LogAsync(ScriptedServer.RunId, new RunLog { Parameters = new Dictionary<string, string> { ["p"] = "2" } }));
        Assert.That(conflict!.Conflicts, Is.EqualTo(new[] { new ParameterConflict("p", "1", "2") }));
    }

    [TestCase(400, "INVALID_PARAMETER_VALUE")]
    [TestCase(401, "UNAUTHENTICATED")]
    [TestCase(403, "PERMISSION_DENIED")]
    [TestCase(404, "ENDPOINT_NOT_FOUND")]
    [TestCase(409, "RESOURCE_CONFLICT")]
    [TestCase(307, "")]
    public async Task A_refusal_is_told_at_once(int status, string code)
    {
        _server.Answer = _ => ScriptedServer.Refusal((HttpStatusCode)status, code, "No.");
        using Tracker tracker = OpenTracker();

        MlflowException? refusal = await Assert.ThrowsAsync<MlflowException>(async () => await tracker.LogAsync(ScriptedServer.RunId, new RunLog { Metrics = [new("m", 1)] }));
        Assert.That((int)refusal!.Status, Is.EqualTo(status));
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(429)]
    [TestCase(503)]
    public async Task A_busy_server_is_asked_again_when_it_says(int status)
    {
        int refusals = 0;
        _server.Answer = path =>
        {
            if (refusals++ > 0)
            {
                return null;
            }

            HttpResponseMessage answer = ScriptedServer.Refusal((HttpStatusCode)status, "", "");
            answer.Headers.Add("Retry-After", "7");
            return answer;
        };
        var waits = new WaitCountingTime();
        using Tracker tracker = OpenTracker(waits: waits);
        Task logging = tracker.LogAsync(ScriptedServer.RunId, new RunLog { Metrics = [new("m", 1)] });

        Assert.That(() => waits.Waits, Is.EqualTo(1).After(60_000, 1));
        waits.Advance(TimeSpan.FromSeconds(6.9));
        await Task.Delay(50);
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
        waits.Advance(TimeSpan.FromSeconds(0.2));
        await logging;
        Assert.That(_server.Requests, Has.Count.EqualTo(2));
    }

    /// <summary>A server that asks for an hour, or names a time that is as far, is asked again after the longest wait that is allowed.</summary>
    [TestCase("3600")]
    [TestCase("Tue, 14 Nov 2023 23:13:20 GMT")]
    public async Task No_wait_is_longer_than_the_option_allows(string retryAfter)
    {
        int refusals = 0;
        _server.Answer = _ =>
        {
            HttpResponseMessage? answer = refusals++ > 0 ? null : ScriptedServer.Refusal(HttpStatusCode.ServiceUnavailable, "", "");
            answer?.Headers.Add("Retry-After", retryAfter);
            return answer;
        };
        var waits = new WaitCountingTime();
        using Tracker tracker = OpenTracker(TimeSpan.FromSeconds(5), waits);
        Task logging = tracker.LogAsync(ScriptedServer.RunId, new RunLog { Metrics = [new("m", 1)] });

        Assert.That(() => waits.Waits, Is.EqualTo(1).After(60_000, 1));
        waits.Advance(TimeSpan.FromSeconds(4.9));
        await Task.Delay(50);
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
        waits.Advance(TimeSpan.FromSeconds(0.2));
        await logging.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(_server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Attempts_end()
    {
        _server.Answer = _ => ScriptedServer.Refusal(HttpStatusCode.ServiceUnavailable, "TEMPORARILY_UNAVAILABLE", "Later.");
        using Tracker tracker = OpenTracker(TimeSpan.Zero);

        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await tracker.LogAsync(ScriptedServer.RunId, new RunLog { Metrics = [new("m", 1)] }));
        Assert.That(failure!.IsTransient);
        Assert.That(failure.InnerException, Is.TypeOf<MlflowException>());
        Assert.That(_server.Requests, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Every_request_says_who_asks()
    {
        using var bearer = new Tracker(new MlflowTrackingStore(_http, new MlflowStoreOptions { BaseAddress = new Uri("https://mlflow.test/base"), Token = "secret" }));
        await bearer.GetRunAsync(ScriptedServer.RunId);
        Assert.That(_server.Requests.Select(static request => request.Authorization), Is.All.EqualTo("Bearer secret"));
        Assert.That(_server.LastPath, Does.StartWith("/base/api/"));

        using var basic = new Tracker(new MlflowTrackingStore(_http, new MlflowStoreOptions { BaseAddress = new Uri("http://localhost"), UserName = "u", Password = "p" }));
        await basic.GetRunAsync(ScriptedServer.RunId);
        Assert.That(_server.Requests[^1].Authorization, Is.EqualTo("Basic " + Convert.ToBase64String("u:p"u8)));
    }

    [TestCase("http://mlflow.test", "secret-token", null, null, "https")]
    [TestCase("ftp://mlflow.test", null, null, null, "http or https")]
    [TestCase("https://secret-token@mlflow.test", null, null, null, "user name")]
    [TestCase("https://mlflow.test", "secret-token", "u", "secret-token", "both")]
    [TestCase("https://mlflow.test", null, "u", null, "together")]
    public void Options_that_would_give_a_secret_away_or_make_no_sense_are_refused(string address, string? token, string? user, string? password, string says)
    {
        var options = new MlflowStoreOptions { BaseAddress = new Uri(address), Token = token, UserName = user, Password = password };
        Assert.That(() => new MlflowTrackingStore(_http, options), Throws.ArgumentException.With.Message.Contains(says).And.Message.Not.Contains("secret-token"));
    }

    [TestCase(65_535)]
    [TestCase((1 << 30) + 1)]
    public void A_bound_of_answers_that_makes_no_sense_is_refused(int bytes)
    {
        var options = new MlflowStoreOptions { BaseAddress = new Uri("http://mlflow.test"), MaximumAnswerBytes = bytes };
        Assert.That(() => new MlflowTrackingStore(_http, options), Throws.ArgumentException.With.Message.Contains("MaximumAnswerBytes"));
    }

    private Tracker OpenTracker(TimeSpan? delay = null, TimeProvider? waits = null) => new(new MlflowTrackingStore(
        _http, new MlflowStoreOptions { BaseAddress = new Uri("http://mlflow.test"), MaximumRetryDelay = delay ?? TimeSpan.FromSeconds(30) }, _time)
    {
        Waits = waits ?? TimeProvider.System,
    });
}
