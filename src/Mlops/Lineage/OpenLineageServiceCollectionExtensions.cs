using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops;

/// <summary>Lineage of runs for tools outside.</summary>
public static class OpenLineageServiceCollectionExtensions
{
    /// <summary>
    /// Tells an OpenLineage receiver of every tracked run and of every pipeline's run and step that starts and ends through this host, with what they have
    /// read and made: durably, in order, at least once. An event that comes twice has the same run id and type. Section <c>Mlops:OpenLineage</c>, where
    /// there is a configuration. Add it in every process that tracks runs or starts, works off or ends pipelines: what one without it does is not told.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets what the configuration does not; null for the configuration alone.</param>
    public static IServiceCollection AddOpenLineage(this IServiceCollection services, Action<OpenLineageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        bool added = services.Any(static service => service.ServiceType == typeof(OpenLineageReceiver));
        OptionsBuilder<OpenLineageOptions> options = services.AddOptions<OpenLineageOptions>()
            .Configure<IServiceProvider>(static (options, services) => services.GetService<IConfiguration>()?.GetSection("Mlops:OpenLineage").Bind(options))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OpenLineageOptions>, Validation>());
        services.TryAddSingleton(static services => new OpenLineageReceiver(
            services.GetRequiredService<IOptions<OpenLineageOptions>>().Value, services.GetRequiredService<TimeProvider>()));
        if (!added)
        {
            services.AddMlopsStorage().AddOutboxReceiver(static services => services.GetRequiredService<OpenLineageReceiver>());
        }

        return services;
    }

    private sealed class Validation : IValidateOptions<OpenLineageOptions>
    {
        public ValidateOptionsResult Validate(string? name, OpenLineageOptions options)
        {
            string[] problems = [.. options.Problems().Select(static problem => $"Mlops:OpenLineage: {problem}")];
            return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
        }
    }
}
