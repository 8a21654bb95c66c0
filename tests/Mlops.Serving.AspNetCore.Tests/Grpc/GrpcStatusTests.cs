using Grpc.Core;
using Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>What goes wrong behind the protocol has the status that tells a client what to do, and nothing of the model's insides.</summary>
internal sealed class GrpcStatusTests
{
    private const string Secret = "the mean of column 7 is 42";
    private readonly FakeLogCollector _log = new();

    [Test]
    public async Task A_model_that_fails_is_an_internal_error_without_its_words()
    {
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime);
        runtime.Function = static (_, _) => throw new InvalidOperationException(Secret);

        RpcException failure = await FailAsync(host);

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Internal));
        Assert.That(failure.Status.Detail, Does.StartWith("Model 'm' version 1").And.Not.Contain("42"));
        Assert.That(_log.GetSnapshot().Select(static record => $"{record.Exception}"), Has.Some.Contains(Secret));
        runtime.Function = null;
        Assert.That((await host.Client.ModelInferAsync(Call())).Outputs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_model_that_fails_in_a_stream_says_as_little()
    {
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime);
        runtime.Function = static (_, _) => throw new InvalidOperationException(Secret);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = host.Client.ModelStreamInfer();
        await stream.RequestStream.WriteAsync(Call());

        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        Assert.That(stream.ResponseStream.Current.ErrorMessage, Does.StartWith("Model 'm' version 1").And.Not.Contain("42"));
    }

    [Test]
    public async Task An_answer_that_is_not_finite_is_an_internal_error_that_names_the_output()
    {
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime, static model => model.RequireFinite = true);
        runtime.Function = static (_, outputs) => outputs.Fill(float.NaN);

        RpcException failure = await FailAsync(host);

        Assert.That((failure.StatusCode, failure.Status.Detail.Contains("'y'", StringComparison.Ordinal)), Is.EqualTo((StatusCode.Internal, true)), failure.Status.Detail);
    }

    [Test]
    public async Task A_model_that_has_no_version_is_unavailable()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(static builder => builder.Services.AddMlopsServing().AddModel("m", static model => model
            .WithRuntime(new FunctionRuntime())
            .FromStream(static _ => throw new IOException(Secret))));

        RpcException failure = await FailAsync(host);
        RpcException metadata = (await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "m" })))!;

        Assert.That((failure.StatusCode, metadata.StatusCode), Is.EqualTo((StatusCode.Unavailable, StatusCode.Unavailable)));
        Assert.That(failure.Status.Detail, Does.Contain("'m'").And.Not.Contain("42"));
        Assert.That((await host.Client.ModelReadyAsync(new ModelReadyRequest { Name = "m" })).Ready, Is.False);
        Assert.That((await host.Client.ServerReadyAsync(new ServerReadyRequest())).Ready, Is.False);
    }

    [Test]
    public async Task A_call_that_takes_longer_than_its_parameter_allows_exceeds_its_deadline()
    {
        using var held = new ManualResetEventSlim();
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime);
        runtime.Function = (_, _) => held.Wait();
        ModelInferRequest call = Call();
        call.Parameters["timeout"] = new InferParameter { Int64Param = 50_000 };

        RpcException failure = await FailAsync(host, call);

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(failure.Status.Detail, Does.Contain("00:00:00.05"));
        held.Set();
    }

    [Test]
    public async Task A_call_that_finds_the_queue_full_is_told_when_to_come_again()
    {
        using var held = new ManualResetEventSlim();
        using var running = new SemaphoreSlim(0);
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime, static model => (model.Batching.Concurrency, model.Batching.MaximumRows, model.Batching.MaximumQueuedRows) = (1, 1, 1));
        runtime.Function = (_, _) =>
        {
            running.Release();
            held.Wait();
        };
        Task<ModelInferResponse> first = host.Client.ModelInferAsync(Waiting()).ResponseAsync;
        await running.WaitAsync();

        // One of these waits; the others find no place. Which is which, the network decides.
        Task<ModelInferResponse>[] others = [.. Enumerable.Range(0, 3).Select(_ => host.Client.ModelInferAsync(Waiting()).ResponseAsync)];
        RpcException refused = (await Assert.ThrowsAsync<RpcException>(async () => await await Task.WhenAny(others)))!;

        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(int.Parse(refused.Trailers.GetValue("grpc-retry-pushback-ms")!, System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThan(0));
        held.Set();
        Assert.That((await first).Outputs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_call_whose_client_has_left_does_not_run()
    {
        using var held = new ManualResetEventSlim();
        using var running = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);
        using var ended = new SemaphoreSlim(0);
        var runtime = new FunctionRuntime();
        await using GrpcHost host = await StartAsync(runtime, static model => model.Batching.Concurrency = 1, async (context, next) =>
        {
            begun.Release();
            await next(context);
            ended.Release();
        });
        runtime.Function = (_, _) =>
        {
            running.Release();
            held.Wait();
        };
        Task<ModelInferResponse> first = host.Client.ModelInferAsync(Waiting()).ResponseAsync;
        await running.WaitAsync();
        await begun.WaitAsync();
        int runs = runtime.Runs;
        using (host.Client.ModelInferAsync(Waiting()))
            await begun.WaitAsync();

        Assert.That(await ended.WaitAsync(TimeSpan.FromMinutes(1)), Is.True, "The call goes on although nobody waits for it.");
        held.Set();
        await first;
        await host.Client.ModelInferAsync(Waiting());
        Assert.That(runtime.Runs, Is.EqualTo(runs + 1));
    }

    [Test]
    public void The_deadline_of_the_call_and_its_parameter_become_the_sooner_of_the_two()
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var none = new Wire.ModelInferRequest();
        var second = new Wire.ModelInferRequest { Parameters = { ["timeout"] = new Wire.InferParameter { Uint64Param = 1_000_000 } } };

        Assert.That(GrpcParameters.Options(none, DateTime.MaxValue).Timeout, Is.Null);
        Assert.That(GrpcParameters.Options(none, now.AddHours(1)).Timeout, Is.GreaterThan(TimeSpan.FromMinutes(30)).And.LessThanOrEqualTo(TimeSpan.FromHours(1)));
        Assert.That(GrpcParameters.Options(second, now.AddHours(1)).Timeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(GrpcParameters.Options(second, DateTime.MaxValue).Timeout, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(() => GrpcParameters.Options(none, now.AddSeconds(-1)), Throws.TypeOf<RpcException>().With.Property(nameof(RpcException.StatusCode)).EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public void Parameters_say_for_whom_a_call_is_and_how_urgent()
    {
        var call = new Wire.ModelInferRequest
        {
            ModelVersion = "3",
            Parameters = { ["routing_key"] = new Wire.InferParameter { StringParam = "user 7" }, ["priority"] = new Wire.InferParameter { Int64Param = 1 } },
        };

        Assert.That(GrpcParameters.Options(call, DateTime.MaxValue), Is.EqualTo(new PredictionOptions { RoutingKey = "user 7", Priority = PredictionPriority.High, Version = 3 }));
    }

    private Task<GrpcHost> StartAsync(FunctionRuntime runtime, Action<ModelOptions>? configure = null, Func<HttpContext, RequestDelegate, Task>? middleware = null) => GrpcHost.StartAsync(builder =>
    {
        builder.Logging.AddProvider(new FakeLoggerProvider(_log));
        builder.Services.AddMlopsServing().AddModel<int, int>("m", model => model
            .WithRuntime(runtime)
            .FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1])))
            .Input(static (_, _) => { })
            .Output(static _ => 0)
            .Configure(configure ?? (static _ => { })));
    }, use: app => app.Use(middleware ?? (static (context, next) => next(context))));

    private static ModelInferRequest Call() => GrpcCalls.Call("m").Floats("x", [1, 4], [1, 2, 3, 4]);

    /// <summary>A call with a deadline: it runs beside its caller, and waits where others run.</summary>
    private static ModelInferRequest Waiting()
    {
        ModelInferRequest call = Call();
        call.Parameters["timeout"] = new InferParameter { Int64Param = 3_600_000_000 };
        return call;
    }

    private static async Task<RpcException> FailAsync(GrpcHost host, ModelInferRequest? call = null) =>
        (await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ModelInferAsync(call ?? Call())))!;
}
