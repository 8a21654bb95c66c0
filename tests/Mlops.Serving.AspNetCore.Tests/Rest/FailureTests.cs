using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>What goes wrong in a model, and what clients of it are told.</summary>
[TestFixture]
public sealed class FailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task A_model_that_throws_is_an_error_of_the_server_that_quotes_nothing()
    {
        var logs = new FakeLogCollector();
        var runtime = new FunctionRuntime();
        await using InferenceHost host = await InferenceHost.StartAsync(runtime, build: builder => builder.Logging.AddProvider(new FakeLoggerProvider(logs)));
        runtime.Function = static (_, _) => throw new InvalidOperationException("secret=42");

        Answer failed = await host.Http.PostAnswerAsync("/v2/models/m/infer", Body(1));
        runtime.Function = null;
        Answer after = await host.Http.PostAnswerAsync("/v2/models/m/infer", Body(1));

        Assert.That((failed.Status, after.Status), Is.EqualTo((HttpStatusCode.InternalServerError, HttpStatusCode.OK)));
        Assert.That(failed.Error, Does.Contain("failed to predict").And.Not.Contain("secret"));
        Assert.That(logs.GetSnapshot().Where(static log => log.Id.Id == 9000).Select(static log => log.Exception?.InnerException?.Message), Is.EqualTo(new[] { "secret=42" }));
    }

    [Test]
    public async Task An_answer_that_is_not_finite_is_an_error_where_it_must_be_and_an_answer_where_not()
    {
        var runtime = new FunctionRuntime();
        await using InferenceHost strict = await InferenceHost.StartAsync(runtime, model: static options => options.RequireFinite = true);
        await using InferenceHost lax = await InferenceHost.StartAsync(runtime);
        runtime.Function = static (_, outputs) => outputs.Fill(float.NaN);

        Answer refused = await strict.Http.PostAnswerAsync("/v2/models/m/infer", Body(1));
        Answer answered = await lax.Http.PostAnswerAsync("/v2/models/m/infer", Body(1));

        Assert.That(refused.Status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(refused.Error, Does.Contain("NaN"));
        Assert.That(answered.Text, Does.Contain("\"data\":[NaN,NaN,NaN,NaN]"));
    }

    [Test]
    public async Task A_call_that_is_late_gets_a_timeout_and_one_that_finds_a_full_queue_is_sent_away()
    {
        using var release = new ManualResetEventSlim();
        var runtime = new FunctionRuntime();
        await using InferenceHost host = await InferenceHost.StartAsync(runtime, model: static options =>
        {
            options.Batching.Concurrency = 1;
            options.Batching.MaximumQueuedRows = 1;
            options.Batching.MaximumRows = 1;
        });
        runtime.Function = (_, _) => release.Wait(Patience);

        // Each has a deadline, so that none runs on the thread of its request; as many as run and wait are late, the others do not get in.
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => host.Http.PostAnswerAsync("/v2/models/m/infer", Body(1, timeoutMicroseconds: 500_000)))));
        release.Set();

        Assert.That(answers.Select(static answer => answer.Status), Has.Some.EqualTo(HttpStatusCode.GatewayTimeout).And.Some.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(answers.Select(static answer => answer.Status), Has.All.AnyOf(HttpStatusCode.GatewayTimeout, HttpStatusCode.ServiceUnavailable));
        foreach (Answer shed in answers.Where(static answer => answer.Status == HttpStatusCode.ServiceUnavailable))
            Assert.That(int.Parse(shed.Header("Retry-After")!), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task A_client_that_goes_away_harms_nobody()
    {
        using var release = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        var runtime = new FunctionRuntime();
        await using InferenceHost host = await InferenceHost.StartAsync(runtime);
        runtime.Function = (_, _) =>
        {
            running.Set();
            release.Wait(Patience);
        };
        using var leaving = new CancellationTokenSource();
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new StringContent(Body(1)) };
        Task<HttpResponseMessage> left = Task.Run(() => host.Http.SendAsync(request, leaving.Token));
        Assert.That(running.Wait(Patience), Is.True);

        await leaving.CancelAsync();
        Assert.That(async () => await left, Throws.InstanceOf<OperationCanceledException>());
        release.Set();
        runtime.Function = null;
        Answer after = await host.Http.PostAnswerAsync("/v2/models/m/infer", Body(2));

        Assert.That(after.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[2,2,2,2]"));
    }

    [Test]
    public async Task Guilty_and_innocent_requests_at_once_are_answered_each_for_itself()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime(), model: static options => options.RequireFinite = true);

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => host.Http.PostAnswerAsync("/v2/models/m/infer", (i % 4) switch
        {
            0 => Body(float.NaN),
            1 => "{\"inputs\":[",
            2 => """{"inputs":[{"name":"x","shape":[1,5],"datatype":"FP32","data":[1,2,3,4,5]}]}""",
            _ => Body(i),
        }))));

        for (int i = 0; i < answers.Length; i++)
        {
            Assert.That(answers[i].Status, Is.EqualTo(i % 4 == 3 ? HttpStatusCode.OK : HttpStatusCode.BadRequest), answers[i].Text);
            if (i % 4 == 3)
                Assert.That(answers[i].Json.GetProperty("outputs")[0].GetProperty("data")[0].GetInt32(), Is.EqualTo(i));
        }
    }

    private static string Body(float value, int? timeoutMicroseconds = null)
    {
        string number = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string parameters = timeoutMicroseconds is null ? "" : $$$""","parameters":{"timeout":{{{timeoutMicroseconds}}}}""";
        return $$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[{{number}},{{number}},{{number}},{{number}}]}]{{parameters}}}""";
    }
}
