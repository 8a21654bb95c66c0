using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// Who may ask. What a policy lets through was decided before; an endpoint without one answers only requests that come from this machine and were
/// meant for it, and neither manages models nor shows the prediction log.
/// </summary>
internal static class AccessGate
{
    private static readonly string[] LocalNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Why the request is refused; <c>null</c> when it is not.</summary>
    public static string? Refusal(HttpContext context, InferenceOptions options)
    {
        EndpointMetadataCollection? metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetOrderedMetadata<InferenceAccess>() is not { Count: > 0 } all)
            return "The endpoint does not say what it allows.";

        // An endpoint may allow more than one thing; then all of them have to be.
        for (int i = 0; i < all.Count; i++)
        {
            InferenceAccess access = all[i];
            if (IsDecidedByPolicy(metadata, access, options))
                continue;
            if (access.NeedsPolicy)
                return $"{access} is open only to those whom an authorization policy of its own names: set {nameof(InferenceOptions)}.{access.PolicyOption}.";
            if (!IsLocal(context))
                return $"Only requests from this machine are answered, because no authorization is configured for {access}: set the policies of {nameof(InferenceOptions)}, or call RequireAuthorization(...) on what was mapped.";
        }

        return null;
    }

    /// <summary>What to throw where nothing can be put in front of an endpoint: better no application than one whose gate is missing.</summary>
    public static InvalidOperationException CannotGuard(EndpointBuilder endpoint) => new(
        $"The endpoint '{endpoint.DisplayName}' has no request delegate when its conventions are applied, so that access to it cannot be guarded. Map it by a handler, for example with MapGet.");

    // AllowAnonymous switches every policy of the endpoint off, so it leaves the endpoint local.
    private static bool IsDecidedByPolicy(EndpointMetadataCollection metadata, InferenceAccess access, InferenceOptions options) =>
        metadata.GetMetadata<IAllowAnonymous>() is null
        && (access.PolicyOf(options) is not null || (!access.HasPolicyOfItsOwn && IsAuthorizedOtherwise(metadata)));

    /// <summary>Whether conventions of the host ask for an authorization. The policy of one access says nothing of another.</summary>
    private static bool IsAuthorizedOtherwise(EndpointMetadataCollection metadata)
    {
        if (metadata.GetMetadata<AuthorizationPolicy>() is not null)
            return true;
        foreach (IAuthorizeData authorization in metadata.GetOrderedMetadata<IAuthorizeData>())
            if (authorization is not AccessPolicyAttribute)
                return true;

        return false;
    }

    private static bool IsLocal(HttpContext context) =>
        IsLoopback(context.Connection.RemoteIpAddress)
        && IsLoopback(context.Connection.LocalIpAddress)
        && IsLocalName(context.Request.Host.Host)
        && !IsForwardedOrOfAnotherSite(context.Request);

    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool IsLocalName(string host)
    {
        foreach (string name in LocalNames)
            if (name.Equals(host, StringComparison.OrdinalIgnoreCase))
                return true;

        return false;
    }

    /// <summary>True when a proxy sent it on, even if a middleware has taken its header already, or a page of another origin made a browser send it.</summary>
    private static bool IsForwardedOrOfAnotherSite(HttpRequest request)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in request.Headers)
        {
            bool refuses = (name.Length > 0 ? name[0] | 0x20 : 0) switch
            {
                'f' => name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase),
                'v' => name.Equals("Via", StringComparison.OrdinalIgnoreCase),
                'o' => name.Equals("Origin", StringComparison.OrdinalIgnoreCase) && !IsOwnOrigin(request, value.ToString()),
                's' => name.Equals("Sec-Fetch-Site", StringComparison.OrdinalIgnoreCase) && !IsOwnSite(value.ToString()),
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

    // Browsers send an origin with every request that may change something, and "null" where they do not tell it. Programs send none.
    private static bool IsOwnOrigin(HttpRequest request, string origin) =>
        origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);

    private static bool IsOwnSite(string site) =>
        site.Equals("same-origin", StringComparison.OrdinalIgnoreCase) || site.Equals("none", StringComparison.OrdinalIgnoreCase);
}
