using System.Net;
using System.Text;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>What a handle learns when the server does not take what it logs.</summary>
[TestFixture]
public sealed class MlflowAppendTests
{
    private const string Secret = "hunter2";

    private string _folder = "";
    private ScriptedServer _server = null!;
    private HttpClient _http = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-append-").FullName;
        _server = new ScriptedServer();
        _http = new HttpClient(_server);
    }

    [TearDown]
    public void Close()
    {
        _http.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase(401, "UNAUTHENTICATED")]
    [TestCase(403, "PERMISSION_DENIED")]
    [TestCase(404, "ENDPOINT_NOT_FOUND")]
    [TestCase(500, "INTERNAL_ERROR")]
    public async Task What_somebody_may_mend_is_a_storage_failure_that_does_not_pass_by_itself(int status, string code)
    {
        using Tracker tracker = OpenTracker(new TrackingOptions());
        await using Run run = await tracker.StartRunAsync("e");
        Refuse(status, code);

        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await run.LogMetricsAsync([new("m", 1)]));
        Assert.That(failure!.IsTransient, Is.False);
        Assert.That(failure.Message, Does.Contain($"{status} {code}").And.Not.Contain(Secret));
        Assert.That(((HttpRequestException)failure.InnerException!).StatusCode, Is.EqualTo((HttpStatusCode)status));
        _server.Answer = static _ => null;
    }

    [TestCase(400, "INVALID_PARAMETER_VALUE")]
    [TestCase(409, "RESOURCE_CONFLICT")]
    [TestCase(413, "")]
    [TestCase(422, "")]
    [TestCase(500, "INVALID_STATE")]
    public async Task What_breaks_a_rule_of_the_server_is_refused_for_good(int status, string code)
    {
        using Tracker tracker = OpenTracker(new TrackingOptions());
        await using Run run = await tracker.StartRunAsync("e");
        Refuse(status, code);

        BatchRefusedException? refusal = await Assert.ThrowsAsync<BatchRefusedException>(async () => await run.LogMetricsAsync([new("m", 1)]));
        Assert.That((refusal!.RunId, refusal.Status), Is.EqualTo((run.Id, $"{status} {code}".TrimEnd())));
        Assert.That(refusal.InnerException, Is.TypeOf<MlflowException>());
        _server.Answer = static _ => null;
    }

    [Test]
    public async Task A_token_that_has_expired_is_waited_out_in_the_journal()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { JournalFolder = Path.Combine(_folder, "journal") });
        Run run = await tracker.StartRunAsync("e");
        Refuse(401, "UNAUTHENTICATED");
        await run.LogMetricsAsync([new("m", 1, 1)]);
        await run.LogMetricsAsync([new("m", 2, 2)]);
        run.Complete();
        await run.DisposeAsync();
        Assert.That(Ended(), Is.False);

        int refused = _server.BodiesOf("runs/log-batch").Count();
        _server.Answer = static _ => null;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!Ended())
        {
            await Task.Delay(5, limit.Token);
        }

        Assert.That(
            _server.BodiesOf("runs/log-batch").Skip(refused).SelectMany(static body => body.GetProperty("metrics").EnumerateArray()).Select(static metric => metric.GetProperty("step").GetInt64()).Distinct(),
            Is.EqualTo(new[] { 1, 2 }));

        bool Ended() => _server.BodiesOf("runs/update").Any(static body => body.GetProperty("status").GetString() == "FINISHED");
    }

    [Test]
    public async Task A_history_is_ordered_by_step_time_and_value_and_NaN_is_the_last_value()
    {
        _server.Answer = static path => path != "metrics/get-history" ? null : new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(
                """
                {"metrics":[
                    {"key":"m","value":1,"timestamp":2,"step":1},{"key":"m","value":"NaN","timestamp":1,"step":1},{"key":"m","value":5,"timestamp":1,"step":1},
                    {"key":"m","value":"-Infinity","timestamp":1,"step":1},{"key":"m","value":9,"timestamp":9,"step":0},{"key":"m","value":"Infinity","timestamp":1,"step":1}]}
                """,
                Encoding.UTF8,
                "application/json"),
        };
        using Tracker tracker = OpenTracker(new TrackingOptions());

        Assert.That(
            (await tracker.GetMetricHistoryAsync(ScriptedServer.RunId, "m")).Select(static point => point.Value),
            Is.EqualTo(new[] { 9, double.NegativeInfinity, 5, double.PositiveInfinity, double.NaN, 1 }));
    }

    private void Refuse(int status, string code) =>
        _server.Answer = path => path == "runs/log-batch" ? ScriptedServer.Refusal((HttpStatusCode)status, code, $"'{Secret}' is not allowed.") : null;

    private Tracker OpenTracker(TrackingOptions options) => new(
        new MlflowTrackingStore(_http, new MlflowStoreOptions { BaseAddress = new Uri("http://127.0.0.1"), MaximumAttempts = 2, MaximumRetryDelay = TimeSpan.FromMilliseconds(1) }), options);
}
