using Grpc.AspNetCore.Server;
using Grpc.Core;
using GrpcHealth;
using Inference;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Who may call which method.</summary>
internal sealed class GrpcAccessTests
{
    private static readonly Metadata Forwarded = new() { { "x-forwarded-for", "203.0.113.7" } };

    [Test]
    public async Task Every_method_says_what_it_allows()
    {
        await using GrpcHost host = await StartAsync();

        Dictionary<string, string> access = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)
            .ToDictionary(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.FullName, static endpoint => endpoint.Metadata.GetMetadata<InferenceAccess>()?.Name ?? "none");

        const string Service = "/inference.GRPCInferenceService/";
        Assert.That(access, Is.EquivalentTo(new Dictionary<string, string>
        {
            [Service + "ServerLive"] = "mlops:read",
            [Service + "ServerReady"] = "mlops:read",
            [Service + "ModelReady"] = "mlops:read",
            [Service + "ServerMetadata"] = "mlops:read",
            [Service + "ModelMetadata"] = "mlops:read",
            [Service + "ModelConfig"] = "mlops:read",
            [Service + "ModelStatistics"] = "mlops:read",
            [Service + "RepositoryIndex"] = "mlops:read",
            [Service + "ModelInfer"] = "mlops:infer",
            [Service + "ModelStreamInfer"] = "mlops:infer",
            [Service + "RepositoryModelLoad"] = "mlops:manage",
            [Service + "RepositoryModelUnload"] = "mlops:manage",
            ["/grpc.health.v1.Health/Check"] = "mlops:read",
            ["/grpc.health.v1.Health/List"] = "mlops:read",
            ["/grpc.health.v1.Health/Watch"] = "mlops:read",
        }));
    }

    [Test]
    public async Task Without_a_policy_nothing_is_answered_that_was_sent_on()
    {
        await using GrpcHost host = await StartAsync();

        Assert.That((await host.Client.ServerLiveAsync(new ServerLiveRequest())).Live, Is.True);
        await AssertDeniedAsync(async () => await host.Client.ServerLiveAsync(new ServerLiveRequest(), Forwarded));
        await AssertDeniedAsync(async () => await host.Client.ModelInferAsync(GrpcCalls.Call("digits"), Forwarded));
        await AssertDeniedAsync(async () => await host.Health.CheckAsync(new HealthCheckRequest(), Forwarded));
        await AssertDeniedAsync(async () =>
        {
            using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = host.Client.ModelStreamInfer(Forwarded);
            await stream.ResponseStream.MoveNext(CancellationToken.None);
        });
    }

    [Test]
    public async Task Without_a_policy_a_foreign_host_name_is_refused()
    {
        await using GrpcHost host = await StartAsync();
        using var http = new HttpClient(new ForeignName());
        using var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress(host.Address, new global::Grpc.Net.Client.GrpcChannelOptions { HttpClient = http });

        await AssertDeniedAsync(async () => await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ServerLiveAsync(new ServerLiveRequest()));
    }

    [Test]
    public async Task Models_are_managed_only_where_a_policy_says_by_whom()
    {
        await using GrpcHost closed = await StartAsync();
        await AssertDeniedAsync(async () => await closed.Client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "digits" }));
        await AssertDeniedAsync(async () => await closed.Client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "digits" }));

        await using GrpcHost open = await GrpcHost.ManagedAsync(Reference.Folder);
        await open.Client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "digits" }, Forwarded);
        Assert.That(open.Server.Find("digits"), Is.Null);
    }

    [Test]
    public async Task Without_a_policy_no_method_answers_what_was_sent_on()
    {
        await using GrpcHost host = await StartAsync();
        using var http = new HttpClient { BaseAddress = host.Address };
        string[] methods = [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName).OfType<string>()];
        Assert.That(methods, Has.Length.EqualTo(15));

        foreach (string method in methods)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, method) { Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(new byte[5]) { Headers = { { "Content-Type", "application/grpc" } } } };
            request.Headers.Add("x-forwarded-for", "203.0.113.7");
            using HttpResponseMessage response = await http.SendAsync(request);

            Assert.That(response.Headers.TryGetValues("grpc-status", out IEnumerable<string>? status) ? status.Single() : "none", Is.EqualTo("7"), method);
        }
    }

    [TestCase("ModelForget")]
    [TestCase(null)]
    public void A_method_that_nobody_has_thought_of_is_open_to_nobody(string? method)
    {
        RouteEndpointBuilder endpoint = Endpoint(static _ => Task.CompletedTask);
        if (method is not null)
            endpoint.Metadata.Add(new GrpcMethodMetadata(typeof(GrpcAccessTests), new Method<object, object>(MethodType.Unary, "s", method, Marshallers.Create<object>(static _ => [], static _ => null!), Marshallers.Create<object>(static _ => [], static _ => null!))));

        GrpcAccess.Apply(endpoint, new InferenceOptions());

        Assert.That(endpoint.Metadata.OfType<InferenceAccess>().Single(), Is.EqualTo(InferenceAccess.Manage));
    }

    [Test]
    public void A_method_that_cannot_be_guarded_is_not_mapped() =>
        Assert.That(() => GrpcAccess.Apply(Endpoint(null), new InferenceOptions()), Throws.InvalidOperationException);

    [Test]
    public async Task A_policy_decides_method_by_method()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(
            static builder =>
            {
                builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder);
                builder.Services.AddAuthorization(static options =>
                {
                    options.AddPolicy("nobody", static policy => policy.RequireAssertion(static _ => false));
                    options.AddPolicy("everybody", static policy => policy.RequireAssertion(static _ => true));
                });
                builder.Services.AddAuthentication().AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, NoScheme>("none", null);
            },
            static options => (options.InferPolicy, options.ReadPolicy) = ("nobody", "everybody"),
            static app => app.UseAuthentication().UseAuthorization());

        Assert.That((await host.Client.ServerLiveAsync(new ServerLiveRequest(), Forwarded)).Live, Is.True);
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ModelInferAsync(GrpcCalls.Call("digits"))))!;
        Assert.That(failure.StatusCode, Is.AnyOf(StatusCode.Unauthenticated, StatusCode.PermissionDenied));
    }

    [Test]
    public async Task A_policy_of_the_mapping_holds_for_every_method()
    {
        await using GrpcHost host = await GrpcHost.StartAsync(
            static builder => builder.Services.AddMlopsServing(),
            mapped: static endpoints => endpoints.RequireAuthorization("mine"));

        Endpoint[] methods = [.. host.Services.GetRequiredService<EndpointDataSource>().Endpoints.Where(static endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null)];

        Assert.That(methods, Has.Length.EqualTo(15));
        Assert.That(methods.Select(static method => method.Metadata.GetMetadata<IAuthorizeData>()?.Policy), Is.All.EqualTo("mine"));
    }

    [Test]
    public async Task Mapping_without_the_services_says_what_to_call()
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();

        Assert.That(() => app.MapMlopsInferenceGrpc(), Throws.InvalidOperationException.With.Message.Contains("AddMlopsInference()"));
    }

    private static RouteEndpointBuilder Endpoint(RequestDelegate? handler) => new(handler, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/"), order: 0);

    private static Task<GrpcHost> StartAsync() => GrpcHost.StartAsync(static builder => builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder));

    private static async Task AssertDeniedAsync(Func<Task> call)
    {
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(call))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
        Assert.That(failure.Status.Detail, Does.Contain("policy").Or.Contain("authorization"));
    }

    private sealed class ForeignName() : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host = "models.example";
            return base.SendAsync(request, cancellationToken);
        }
    }
}
