using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>Registers the model registry.</summary>
public static class MlopsRegistryServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="ModelRegistry"/> over the host's storage; choose that with <c>AddMlopsStorage().UseSqlite(...)</c> or
    /// <c>UsePostgreSql(...)</c>. Options come from section <c>Mlops:Registry</c>. Safe to call more than once.
    /// </summary>
    public static IMlopsRegistryBuilder AddMlopsRegistry(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsStorage().AddMigrations(RegistrySchema.Migrations).RequireArtifacts();
        services.AddOptions<RegistryOptions>()
            .Configure<IServiceProvider>(static (options, services) => services.GetService<IConfiguration>()?.GetSection("Mlops:Registry").Bind(options))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegistryOptions>, RegistryOptionsValidator>());
        services.TryAddSingleton(static services => new ModelRegistry(
            services.GetRequiredDatabase(),
            services.GetRequiredService<ArtifactCatalog>(),
            services.GetRequiredService<IOptions<RegistryOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetService<ILoggerFactory>()?.CreateLogger<ModelRegistry>() ?? NullLogger<ModelRegistry>.Instance,
            services.GetService<Outbox>(),
            services.GetService<IMeterFactory>()));
        return new MlopsRegistryBuilder(services);
    }
}
