using Grpc.Core;
using GrpcHealth;
using Inference;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using Mlops.Serving.OnnxRuntime;
using ServingStatus = GrpcHealth.HealthCheckResponse.Types.ServingStatus;

namespace Mlops.Serving.AspNetCore.Tests;

internal sealed class GrpcHealthTests
{
    private readonly FakeTimeProvider _time = new();

    [TestCase("")]
    [TestCase("inference.GRPCInferenceService")]
    [TestCase("digits")]
    public async Task What_serves_is_serving(string service)
    {
        await using GrpcHost host = await GrpcHost.OfReferencesAsync();

        Assert.That((await host.Health.CheckAsync(new HealthCheckRequest { Service = service })).Status, Is.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task What_is_not_known_is_not_found()
    {
        await using GrpcHost host = await GrpcHost.OfReferencesAsync();

        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () => await host.Health.CheckAsync(new HealthCheckRequest { Service = "nobody" })))!;

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task A_required_model_without_a_version_makes_the_server_unfit()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(static builder => builder.Services.AddMlopsServing().UseOnnxRuntime()
            .AddModelFolder(Reference.Folder)
            .AddModel("missing", static model => model.FromFile("does-not-exist.onnx")));

        HealthListResponse all = await host.Health.ListAsync(new HealthListRequest());

        Assert.That(all.Statuses[""].Status, Is.EqualTo(ServingStatus.NotServing));
        Assert.That(all.Statuses["missing"].Status, Is.EqualTo(ServingStatus.NotServing));
        Assert.That(all.Statuses["digits"].Status, Is.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task A_watch_tells_of_every_change()
    {
        await using GrpcHost host = await StartAsync();
        using AsyncServerStreamingCall<HealthCheckResponse> watch = host.Health.Watch(new HealthCheckRequest { Service = "digits" });

        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.Serving));
        await host.Server.Folder!.UnloadAsync("digits");
        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.ServiceUnknown));
        await host.Server.Folder!.LoadAsync("digits");
        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.Serving));
    }

    [Test]
    public async Task A_watch_of_nothing_waits_for_it()
    {
        await using GrpcHost host = await StartAsync();
        using AsyncServerStreamingCall<HealthCheckResponse> watch = host.Health.Watch(new HealthCheckRequest { Service = "nobody" });

        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.ServiceUnknown));
    }

    [Test]
    public async Task A_host_that_stops_tells_those_who_watch_and_answers_until_the_delay_is_over()
    {
        await using GrpcHost host = await StartAsync();
        using AsyncServerStreamingCall<HealthCheckResponse> watch = host.Health.Watch(new HealthCheckRequest());
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = host.Client.ModelStreamInfer();
        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.Serving));

        Task stopping = host.StopAsync();
        Assert.That(await NextAsync(watch), Is.EqualTo(ServingStatus.NotServing));
        Assert.That((await host.Health.CheckAsync(new HealthCheckRequest { Service = "digits" })).Status, Is.EqualTo(ServingStatus.NotServing));
        await stream.RequestStream.WriteAsync(GrpcCalls.Call("digits").Floats("input", [1, 64], new float[64]));
        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        // A client that reads only after the connection is closed may find that, and not how its calls ended.
        Task<bool> watched = watch.ResponseStream.MoveNext(CancellationToken.None);
        Task<bool> streamed = stream.ResponseStream.MoveNext(CancellationToken.None);
        while (!stopping.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(10);
        }

        await stopping;
        Assert.That(await watched, Is.False);
        Assert.That((await Assert.ThrowsAsync<RpcException>(() => streamed))!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
    }

    private Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(builder =>
    {
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time));
        builder.Services.Configure<ServingHostOptions>(static options => options.DrainDelay = TimeSpan.FromMinutes(5));
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder);
    });

    /// <summary>Lets time pass until something is told.</summary>
    private async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Task<bool> next = watch.ResponseStream.MoveNext(CancellationToken.None);
        while (!next.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }

        Assert.That(await next, Is.True);
        return watch.ResponseStream.Current.Status;
    }
}
