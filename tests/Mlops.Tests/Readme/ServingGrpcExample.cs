// given: begin
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.AspNetCore;
// given: end

namespace Mlops.Tests.Readme.ServingGrpc;

/// <summary>Both protocols, each at its port.</summary>
[TestFixture]
public sealed class ServingGrpcExample : ReadmeExample
{
    [Test]
    public async Task Both_protocols_are_mapped()
    {
        // given: begin
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        // given: end

        // readme: begin
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(8000);
            kestrel.ListenLocalhost(8001, listen => listen.Protocols = HttpProtocols.Http2);    // gRPC without TLS needs a port of its own
        });
        builder.Services.AddMlopsInference();

        WebApplication app = builder.Build();
        app.MapMlopsInference();
        app.MapMlopsInferenceGrpc();
        // readme: end

        string?[] routes = [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>().Select(static endpoint => endpoint.RoutePattern.RawText)];
        await app.DisposeAsync();
        Assert.That(routes, Is.SupersetOf(new[] { "/v2/models/{model}/infer", "/inference.GRPCInferenceService/ModelInfer" }));
    }
}
