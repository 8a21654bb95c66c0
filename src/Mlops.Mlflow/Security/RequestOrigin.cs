using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>
/// Who may ask. An endpoint without an authorization policy answers only requests that come from this machine and were meant for it;
/// a page of another site is refused everywhere.
/// </summary>
internal static class RequestOrigin
{
    private static readonly string[] LocalNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Why the request is refused, or null.</summary>
    public static string? Refusal(HttpContext context)
    {
        if (context.Request.Headers["Sec-Fetch-Site"].ToString().Equals("cross-site", StringComparison.OrdinalIgnoreCase))
        {
            return "Requests of pages of another site are refused.";
        }

        return HasPolicy(context) || IsLocal(context)
            ? null
            : "Only requests from this machine are answered, because no authorization is configured. Call MapMlflowApi().RequireAuthorization(...) to open the API.";
    }

    /// <summary>True when the page that sent it is of this site, or no page sent it: said by the browser, which a page cannot forge.</summary>
    public static bool IsSameOrigin(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is { } site && (site.Equals("same-origin", StringComparison.OrdinalIgnoreCase) || site.Equals("none", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a browser sent it: programs name no origin.</summary>
    public static bool IsOfBrowser(HttpRequest request) => request.Headers.ContainsKey("Origin") || request.Headers.ContainsKey("Sec-Fetch-Site");

    // AllowAnonymous switches every policy of the endpoint off, so it leaves the endpoint local.
    private static bool HasPolicy(HttpContext context) => context.GetEndpoint()?.Metadata is { } metadata
        && metadata.GetMetadata<IAllowAnonymous>() is null
        && (metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null);

    private static bool IsLocal(HttpContext context) =>
        IsLoopback(context.Connection.RemoteIpAddress)
        && IsLoopback(context.Connection.LocalIpAddress)
        && Array.Exists(LocalNames, name => name.Equals(context.Request.Host.Host, StringComparison.OrdinalIgnoreCase))
        && !IsForwarded(context.Request.Headers);

    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    /// <summary>True when a proxy sent it on, even if a middleware has taken its header already.</summary>
    private static bool IsForwarded(IHeaderDictionary headers)
    {
        foreach (string name in headers.Keys)
        {
            if (name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
                || name.Equals("Via", StringComparison.OrdinalIgnoreCase)
                || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
