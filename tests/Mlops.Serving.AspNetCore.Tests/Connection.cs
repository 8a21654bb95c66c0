using System.Net;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Where requests in memory come from: this machine, unless the header <see cref="RemoteHeader"/> says otherwise.</summary>
internal static class Connection
{
    public const string RemoteHeader = "test-remote";
    public const string LocalHeader = "test-local";
    public const string None = "none";

    public static Task BeLocalAsync(HttpContext context, RequestDelegate next)
    {
        context.Connection.RemoteIpAddress = AddressOf(context, RemoteHeader);
        context.Connection.LocalIpAddress = AddressOf(context, LocalHeader);
        return next(context);
    }

    private static IPAddress? AddressOf(HttpContext context, string header) => context.Request.Headers[header].ToString() switch
    {
        "" => IPAddress.Loopback,
        None => null,
        var address => IPAddress.Parse(address),
    };
}
