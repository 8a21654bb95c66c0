using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Storage;

/// <summary>Registers the storage seam.</summary>
public static class MlopsStorageServiceCollectionExtensions
{
    /// <summary>
    /// Adds what every feature stores through. Choose the engine on the returned builder with <c>UseSqlite</c> or <c>UsePostgreSql</c>.
    /// Safe to call more than once; features call it themselves.
    /// </summary>
    public static IMlopsStorageBuilder AddMlopsStorage(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StorageLifecycle>());
        services.AddOptions<DatabaseOptions>().BindConfiguration("Mlops:Storage").ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILeaseClock>(DatabaseLeaseClock.Instance);
        services.TryAddSingleton<LeaseTable>();
        services.TryAddSingleton<IArtifactStore>(static services => CreateDefaultArtifacts(services.GetRequiredService<Database>(), services.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ArtifactCatalog>();
        return new MlopsStorageBuilder(services);
    }

    /// <summary>For providers: registers the one database.</summary>
    /// <exception cref="InvalidOperationException">Another database was chosen before.</exception>
    public static IMlopsStorageBuilder UseDatabase(this IMlopsStorageBuilder builder, Func<IServiceProvider, Database> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        if (builder.Services.Any(static service => service.ServiceType == typeof(Database)))
        {
            throw new InvalidOperationException("A database was chosen already: call UseSqlite or UsePostgreSql once.");
        }

        builder.Services.AddSingleton(create);
        return builder;
    }

    /// <summary>Keeps artifacts in the folder instead of the one beside the database.</summary>
    public static IMlopsStorageBuilder UseFileArtifacts(this IMlopsStorageBuilder builder, string folder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        builder.Services.Replace(ServiceDescriptor.Singleton<IArtifactStore>(
            services => new FileArtifactStore(folder, services.GetRequiredService<TimeProvider>())));
        return builder;
    }

    /// <summary>Adds a feature's migrations; they are applied when the host starts.</summary>
    public static IMlopsStorageBuilder AddMigrations(this IMlopsStorageBuilder builder, MigrationSet migrations)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(migrations);
        bool added = builder.Services.Any(service => ReferenceEquals(service.ImplementationInstance, migrations));
        if (!added)
        {
            builder.Services.AddSingleton(migrations);
        }

        return builder;
    }

    private static FileArtifactStore CreateDefaultArtifacts(Database database, TimeProvider timeProvider) => database.DefaultArtifactFolder is { } folder
        ? new FileArtifactStore(folder, timeProvider)
        : throw new InvalidOperationException(
            $"A {database.Dialect.Name} database has no folder for artifacts beside it: call services.AddMlopsStorage().UseFileArtifacts(folder) with one that all processes share.");
}
