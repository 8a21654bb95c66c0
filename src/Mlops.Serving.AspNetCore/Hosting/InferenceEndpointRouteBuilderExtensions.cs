using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Serving.AspNetCore;

/// <summary>Adds the inference protocols to a web application.</summary>
public static class InferenceEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves every model of the host's <see cref="ModelServer"/> by the REST form of the Open Inference Protocol, below <c>/v2</c>.
    /// </summary>
    /// <remarks>
    /// Where neither the options nor the conventions of the result name an authorization policy, only requests from this machine are answered: from
    /// and to a loopback address, with a loopback name as host, and not sent on by a proxy; all others get 403. Each endpoint carries its
    /// <see cref="InferenceAccess"/> as metadata.
    /// </remarks>
    /// <returns>What adds conventions, such as a policy, to every endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddMlopsInference</c> was not called.</exception>
    public static IEndpointConventionBuilder MapMlopsInference(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RestApi api = endpoints.ServiceProvider.GetService<RestApi>()
            ?? throw new InvalidOperationException("Mapping the inference protocols: their services are not registered. Call services.AddMlopsInference() first.");
        return api.Map(endpoints);
    }
}
