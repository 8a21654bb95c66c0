using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// Who may ask. What a policy lets through was decided before; an endpoint without one answers only requests that come from this machine and were
/// meant for it, and manages nothing.
/// </summary>
internal static class AccessGate
{
    private static readonly string[] LocalNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Why the request is refused; <c>null</c> when it is not.</summary>
    public static string? Refusal(HttpContext context, InferenceOptions options)
    {
        EndpointMetadataCollection? metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<InferenceAccess>() is not { } access)
            return "The endpoint does not say what it allows.";
        if (HasPolicy(metadata))
            return null;

        if (access == InferenceAccess.Manage && !options.AllowLocalManagement)
            return $"Models are loaded and unloaded only where an authorization policy says who may: set {nameof(InferenceOptions)}.{nameof(InferenceOptions.ManagePolicy)}, or {nameof(InferenceOptions.AllowLocalManagement)} for requests of this machine.";
        return IsLocal(context)
            ? null
            : $"Only requests from this machine are answered, because no authorization is configured for {access}: set the policies of {nameof(InferenceOptions)}, or call RequireAuthorization(...) on what was mapped.";
    }

    // AllowAnonymous switches every policy of the endpoint off, so it leaves the endpoint local.
    private static bool HasPolicy(EndpointMetadataCollection metadata) => metadata.GetMetadata<IAllowAnonymous>() is null
        && (metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null);

    private static bool IsLocal(HttpContext context) =>
        IsLoopback(context.Connection.RemoteIpAddress)
        && IsLoopback(context.Connection.LocalIpAddress)
        && IsLocalName(context.Request.Host.Host)
        && !IsForwardedOrOfAnotherSite(context.Request.Headers);

    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLocalName(string host)
    {
        foreach (string name in LocalNames)
            if (name.Equals(host, StringComparison.OrdinalIgnoreCase))
                return true;

        return false;
    }

    /// <summary>True when a proxy sent it on, even if a middleware has taken its header already, or a page of another site made a browser send it.</summary>
    private static bool IsForwardedOrOfAnotherSite(IHeaderDictionary headers)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in headers)
        {
            bool refuses = (name.Length > 0 ? name[0] | 0x20 : 0) switch
            {
                'f' => name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase),
                'v' => name.Equals("Via", StringComparison.OrdinalIgnoreCase),
                's' => name.Equals("Sec-Fetch-Site", StringComparison.OrdinalIgnoreCase) && value.ToString().Equals("cross-site", StringComparison.OrdinalIgnoreCase),
                'x' => name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
                    || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
                    || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase),
                _ => false,
            };
            if (refuses)
                return true;
        }

        return false;
    }
}
