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

        // Endpoints by name, each with its protocols, in the place of addresses. A list without entries is none; an empty one would be looked up elsewhere.
        string[] urls = (settings.Urls ?? OfPorts(builder.Configuration)).Split(';', StringSplitOptions.RemoveEmptyEntries);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(urls.Select(static (url, i) => KeyValuePair.Create($"Kestrel:Endpoints:Http{i}:Url", (string?)url)))
        {
            ["Kestrel:Endpoints:Grpc:Url"] = grpc,
            ["Kestrel:Endpoints:Grpc:Protocols"] = nameof(HttpProtocols.Http2),
            [WebHostDefaults.ServerUrlsKey] = ";",
        });
    }

    /// <summary>The addresses that the environment's ports are.</summary>
    private static string OfPorts(IConfiguration configuration) => string.Join(';', Ports(configuration, "http").Concat(Ports(configuration, "https")));

    private static IEnumerable<string> Ports(IConfiguration configuration, string scheme) =>
        (configuration[$"{scheme}_ports"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(port => $"{scheme}://*:{port}");
}
