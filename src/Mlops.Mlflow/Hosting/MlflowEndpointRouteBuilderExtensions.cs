using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Mlflow;

/// <summary>Adds the MLflow API to a web application.</summary>
public static class MlflowEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves MLflow 2's REST protocol, tracking, registry and artifact proxy, below <c>/api/2.0</c> and <c>/ajax-api/2.0</c>, over the
    /// host's <see cref="Mlops.Tracking.Tracker"/> and <see cref="Mlops.Registry.ModelRegistry"/>.
    /// </summary>
    /// <remarks>
    /// Without an authorization policy only requests from this machine are answered: from and to a loopback address, with a loopback name as
    /// host, and not sent on by a proxy; all others get 403. <c>MapMlflowApi().RequireAuthorization(...)</c> opens it to those whom the policy
    /// lets in. Whoever may use it may read and change everything that it serves.
    /// </remarks>
    /// <returns>What adds conventions, such as a policy, to every endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddMlopsMlflow</c> was not called.</exception>
    public static IEndpointConventionBuilder MapMlflowApi(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        MlflowApi api = endpoints.ServiceProvider.GetService<MlflowApi>()
            ?? throw new InvalidOperationException("Mapping the MLflow API: its services are not registered. Call services.AddMlopsMlflow() first.");
        return api.Map(endpoints);
    }
}
