using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mlops.Serving.AspNetCore;

/// <summary>Puts each method of the services under its access, and in front of each the gate that checks it.</summary>
internal static class GrpcAccess
{
    private const string PermissionDenied = "7";

    public static void Apply(EndpointBuilder endpoint, InferenceOptions options)
    {
        GrpcMethodMetadata? method = endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault();
        if (method is null || endpoint.RequestDelegate is not { } next)
            return;

        Of(method.Method.Name).Apply(endpoint, options);
        endpoint.RequestDelegate = context =>
        {
            if (AccessGate.Refusal(context, options) is { } refusal)
                return RefuseAsync(context, refusal);

            // The length of each message is checked where it begins; the server's own limit of bodies would be another one.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
                body.MaxRequestBodySize = null;
            return next(context);
        };
    }

    /// <summary>A method that is not named here only reads.</summary>
    private static InferenceAccess Of(string method) => method switch
    {
        nameof(GrpcInferenceService.ModelInfer) or nameof(GrpcInferenceService.ModelStreamInfer) => InferenceAccess.Infer,
        nameof(GrpcInferenceService.RepositoryModelLoad) or nameof(GrpcInferenceService.RepositoryModelUnload) => InferenceAccess.Manage,
        _ => InferenceAccess.Read,
    };

    private static Task RefuseAsync(HttpContext context, string refusal)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = PermissionDenied;
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(refusal);
        return context.Response.CompleteAsync();
    }
}
