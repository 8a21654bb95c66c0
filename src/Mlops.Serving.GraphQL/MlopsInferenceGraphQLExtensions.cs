using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

/// <summary>Adds GraphQL to the inference protocols of a web application.</summary>
public static class MlopsInferenceGraphQLExtensions
{
    /// <summary>
    /// Adds the schema over the models of <c>AddMlopsServing</c>; calls <c>AddMlopsInference</c>, whose policies it keeps. Then call
    /// <c>app.MapMlopsInferenceGraphQL()</c>. Safe to call more than once.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options after the configuration; <c>null</c> for nothing.</param>
    public static IServiceCollection AddMlopsInferenceGraphQL(this IServiceCollection services, Action<GraphQLInferenceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsInference();
        OptionsBuilder<GraphQLInferenceOptions> options = services.AddOptions<GraphQLInferenceOptions>();
        if (!services.Any(static descriptor => descriptor.ServiceType == typeof(GraphQLEndpoint)))
            options.Configure<IServiceProvider>(static (options, provider) => provider.GetService<IConfiguration>()?.GetSection("Mlops:Inference:GraphQL").Bind(options)).ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GraphQLInferenceOptions>, GraphQLInferenceOptionsValidator>());
        services.TryAddSingleton<GraphQLEndpoint>();
        return services;
    }

    /// <summary>
    /// Maps <c>POST</c> of a GraphQL request as JSON (<c>query</c>, <c>variables</c>, <c>operationName</c>). As a request may both read and
    /// infer, the endpoint asks for the access of both: <see cref="InferenceAccess.Read"/> and <see cref="InferenceAccess.Infer"/>.
    /// </summary>
    /// <param name="endpoints">The application, whose services hold <see cref="AddMlopsInferenceGraphQL"/>.</param>
    /// <param name="pattern">Path of the endpoint.</param>
    /// <returns>What adds conventions, such as a policy.</returns>
    /// <exception cref="InvalidOperationException"><see cref="AddMlopsInferenceGraphQL"/> was not called.</exception>
    public static IEndpointConventionBuilder MapMlopsInferenceGraphQL(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/graphql")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        GraphQLEndpoint endpoint = endpoints.ServiceProvider.GetService<GraphQLEndpoint>()
            ?? throw new InvalidOperationException("Mapping GraphQL: its services are not registered. Call services.AddMlopsInferenceGraphQL() first.");
        return endpoints.MapPost(pattern, (RequestDelegate)endpoint.AnswerAsync)
            .RequireInferenceAccess(InferenceAccess.Read)
            .RequireInferenceAccess(InferenceAccess.Infer);
    }
}
