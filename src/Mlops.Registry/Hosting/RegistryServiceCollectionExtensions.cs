using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>Registers the model registry.</summary>
public static class RegistryServiceCollectionExtensions
{
    /// <summary>Adds <see cref="ModelRegistry"/>. It needs a database: <c>AddMlopsStorage().UseSqlite(...)</c> or <c>.UsePostgreSql(...)</c>. Safe to call twice.</summary>
    public static IServiceCollection AddMlopsRegistry(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsStorage().AddMigrations(RegistrySchema.Migrations);
        services.TryAddSingleton<ModelRegistry>();
        return services;
    }
}
