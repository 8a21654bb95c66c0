using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Puts endpoints beside those of the inference protocols under the same access.</summary>
public static class InferenceAccessExtensions
{
    /// <summary>
    /// Lets only those ask whom <see cref="InferenceOptions"/> lets: with a policy for that access, whom it admits; without one, requests of this
    /// machine, and others get 403; <see cref="InferenceAccess.Manage"/> and <see cref="InferenceAccess.Log"/> without one are refused to everybody. Called twice, the
    /// endpoints ask for both. The application's services hold <c>AddMlopsInference</c>.
    /// </summary>
    /// <remarks>An endpoint whose handler is not known when conventions are applied, such as a Razor page, keeps the application from starting.</remarks>
    /// <param name="builder">The endpoints.</param>
    /// <param name="access">What they allow; it becomes metadata of theirs.</param>
    public static TBuilder RequireInferenceAccess<TBuilder>(this TBuilder builder, InferenceAccess access)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(access);
        builder.Add(endpoint =>
        {
            InferenceOptions options = endpoint.ApplicationServices.GetRequiredService<IOptions<InferenceOptions>>().Value;
            access.Apply(endpoint, options);
            RequestDelegate next = endpoint.RequestDelegate ?? throw AccessGate.CannotGuard(endpoint);
            endpoint.RequestDelegate = context => AccessGate.Refusal(context, options) is { } refusal ? RefuseAsync(context, refusal) : next(context);
        });
        return builder;
    }

    private static Task RefuseAsync(HttpContext context, string refusal)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(refusal, context.RequestAborted);
    }
}
