using System.Net;
using Grpc.Net.Client;
using GrpcHealth;
using Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>A host with gRPC on a free port of the loopback address, and clients of it.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcHost(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
        Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Client = new GRPCInferenceService.GRPCInferenceServiceClient(Channel);
        Health = new Health.HealthClient(Channel);
    }

    public Uri Address { get; }

    public GrpcChannel Channel { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient Client { get; }

    public Health.HealthClient Health { get; }

    public IServiceProvider Services => _app.Services;

    public ModelServer Server => Services.GetRequiredService<ModelServer>();

    /// <summary>Serves every model of the reference folder.</summary>
    public static Task<GrpcHost> OfReferencesAsync() =>
        StartAsync(static builder => builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder));

    /// <summary>Serves the models of a folder, which everybody may load and unload.</summary>
    public static Task<GrpcHost> ManagedAsync(string folder) => StartAsync(
        builder =>
        {
            builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(folder);
            builder.Services.AddAuthorization(static options => options.AddPolicy("everybody", static policy => policy.RequireAssertion(static _ => true)));
        },
        static options => options.ManagePolicy = "everybody",
        static app => app.UseAuthorization());

    public static async Task<GrpcHost> StartAsync(Action<WebApplicationBuilder> build, Action<InferenceOptions>? options = null, Action<WebApplication>? use = null, Action<IEndpointConventionBuilder>? mapped = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddMlopsInference(options);
        build(builder);
        WebApplication app = builder.Build();
        use?.Invoke(app);
        IEndpointConventionBuilder endpoints = app.MapMlopsInferenceGrpc();
        mapped?.Invoke(endpoints);
        await app.StartAsync();
        return new GrpcHost(app, new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.DisposeAsync();
    }
}
