using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Server;

/// <summary>Where the server listens: without TLS, a port speaks either HTTP/1.1 or HTTP/2, so gRPC has one of its own.</summary>
internal static class Listening
{
    public static void Configure(WebApplicationBuilder builder, ServerSettings settings)
    {
        if (settings.Grpc is not { } grpc)
        {
            if (settings.Urls is { } given)
            {
                builder.WebHost.UseUrls(given);
            }

            return;
        }

        string[] urls = (settings.Urls ?? OfPorts(builder.Configuration)).Split(';', StringSplitOptions.RemoveEmptyEntries);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [WebHostDefaults.ServerUrlsKey] = string.Join(';', urls.Append(grpc)),
            [WebHostDefaults.HttpPortsKey] = "",
            [WebHostDefaults.HttpsPortsKey] = "",
        });

        // The addresses come in their order; the last one is that of gRPC. A port may be 0 at several of them, so that it tells nothing.
        int place = 0;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen =>
            listen.Protocols = place++ == urls.Length ? HttpProtocols.Http2 : HttpProtocols.Http1AndHttp2));
    }

    /// <summary>The addresses that the environment's ports are.</summary>
    private static string OfPorts(IConfiguration configuration) => string.Join(';', Ports(configuration, "http").Concat(Ports(configuration, "https")));

    private static IEnumerable<string> Ports(IConfiguration configuration, string scheme) =>
        (configuration[$"{scheme}_ports"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(port => $"{scheme}://*:{port}");
}
