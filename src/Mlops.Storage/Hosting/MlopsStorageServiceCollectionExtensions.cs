using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Storage;

/// <summary>Registers the storage seam.</summary>
public static class MlopsStorageServiceCollectionExtensions
{
    // Known by reference, so that a choice replaces it and a second choice is noticed.
    private static readonly Func<IServiceProvider, IArtifactStore> DefaultArtifacts = CreateDefaultArtifacts;

    /// <summary>
    /// Adds what every feature stores through. Choose the engine on the returned builder with <c>UseSqlite</c> or <c>UsePostgreSql</c>.
    /// Safe to call more than once; features call it themselves.
    /// </summary>
    public static IMlopsStorageBuilder AddMlopsStorage(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StorageLifecycle>());
        services.AddOptions<DatabaseOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<DatabaseOptions>, DatabaseOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>());
        services.AddOptions<ArtifactOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<ArtifactOptions>, ArtifactOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ArtifactOptions>, ArtifactOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ILeaseClock>(DatabaseLeaseClock.Instance);
        services.TryAddSingleton(static services => new LeaseTable(services.GetRequiredDatabase(), services.GetRequiredService<ILeaseClock>()));
        services.TryAddSingleton(DefaultArtifacts);
        services.TryAddSingleton(static services => new ArtifactCatalog(
            services.GetRequiredDatabase(), services.GetRequiredService<IArtifactStore>(), services.GetRequiredService<LeaseTable>(),
            services.GetRequiredService<IOptions<ArtifactOptions>>().Value, services.GetRequiredService<TimeProvider>()));
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
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UnservedMessageCollector>());
        return builder;
    }

    /// <summary>Keeps artifacts in the folder instead of the one beside the database.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="folder">A folder of the store's own that all processes share; it is created when it is missing.</param>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseFileArtifacts(this IMlopsStorageBuilder builder, string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return builder.UseArtifacts(_ => new FileArtifactStore(folder));
    }

    /// <summary>For providers: registers the one artifact store.</summary>
    /// <exception cref="InvalidOperationException">Another artifact store was chosen before.</exception>
    public static IMlopsStorageBuilder UseArtifacts(this IMlopsStorageBuilder builder, Func<IServiceProvider, IArtifactStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        if (builder.Services.Any(static service => service.ServiceType == typeof(IArtifactStore) && !ReferenceEquals(service.ImplementationFactory, DefaultArtifacts)))
        {
            throw new InvalidOperationException("An artifact store was chosen already: call UseFileArtifacts, or another of its kind, once.");
        }

        builder.Services.Replace(ServiceDescriptor.Singleton(create));
        return builder;
    }

    /// <summary>Collects artifacts that nothing refers to in the background of this host. Safe in every process of a fleet: one collects at a time.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="every">How often, give or take a fifth; null for <see cref="ArtifactOptions.CollectEvery"/> as configured, 1 hour by default.</param>
    public static IMlopsStorageBuilder CollectArtifacts(this IMlopsStorageBuilder builder, TimeSpan? every = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (every is { } interval)
        {
            builder.Services.Configure<ArtifactOptions>(options => options.CollectEvery = interval);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ArtifactCollector>());
        return builder.RequireArtifacts();
    }

    /// <summary>For features that store artifacts: lets the host's start fail when there is no place for them.</summary>
    public static IMlopsStorageBuilder RequireArtifacts(this IMlopsStorageBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<ArtifactsRequired>();
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

    /// <summary>
    /// Adds a receiver of the outbox. Features write to an <see cref="Outbox"/> only where a host has added a receiver; the host then
    /// sends in the background. Add it in every process that makes changes: what is written by one without it, the receiver never hears of.
    /// </summary>
    public static IMlopsStorageBuilder AddOutboxReceiver(this IMlopsStorageBuilder builder, Func<IServiceProvider, IOutboxReceiver> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.AddMigrations(OutboxSchema.Migrations).Services.AddSingleton(create);
        builder.Services.TryAddSingleton(static services => new Outbox(
            services.GetRequiredDatabase(), services.GetServices<IOutboxReceiver>(), services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OutboxRelay>());
        return builder;
    }

    private static FileArtifactStore CreateDefaultArtifacts(IServiceProvider services)
    {
        Database database = services.GetRequiredDatabase();
        return database.DefaultArtifactFolder is { } folder
            ? new FileArtifactStore(folder)
            : throw new InvalidOperationException(
                $"A {database.Dialect.Name} database has no folder for artifacts beside it: call services.AddMlopsStorage().UseFileArtifacts(folder) with one that all processes share.");
    }
}
