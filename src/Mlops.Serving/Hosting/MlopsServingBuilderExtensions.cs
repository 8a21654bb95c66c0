using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving;

/// <summary>Adds models and what sees their predictions.</summary>
public static class MlopsServingBuilderExtensions
{
    /// <summary>Adds a model that is given its float32 feature vector and answers with one float.</summary>
    /// <inheritdoc cref="AddModel{TIn, TOut}(IMlopsServingBuilder, string, Action{ModelBuilder{TIn, TOut}})"/>
    public static IMlopsServingBuilder AddModel(this IMlopsServingBuilder builder, string name, Action<ModelBuilder<ReadOnlyMemory<float>, float>> configure) =>
        builder.AddModel<ReadOnlyMemory<float>, float>(name, configure);

    /// <summary>Adds a model that answers with one float.</summary>
    /// <inheritdoc cref="AddModel{TIn, TOut}(IMlopsServingBuilder, string, Action{ModelBuilder{TIn, TOut}})"/>
    public static IMlopsServingBuilder AddModel<TIn>(this IMlopsServingBuilder builder, string name, Action<ModelBuilder<TIn, float>> configure) =>
        builder.AddModel<TIn, float>(name, configure);

    /// <summary>Adds a model.</summary>
    /// <remarks>
    /// Its <see cref="IPredictor{TIn, TOut}"/> is a keyed service under <paramref name="name"/>, and also one without a key as long as
    /// no other model has the same types. Its options bear the name too and come from section <c>Mlops:Serving:</c> and the name. Where the host uses health checks, the model has one named
    /// <c>mlops.serving.</c> and the name, tagged <c>ready</c>.
    /// </remarks>
    /// <param name="builder">From <see cref="MlopsServingServiceCollectionExtensions.AddMlopsServing"/>.</param>
    /// <param name="name">Name of the model: up to 128 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</param>
    /// <param name="configure">Describes the model; called at once.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken.</exception>
    public static IMlopsServingBuilder AddModel<TIn, TOut>(this IMlopsServingBuilder builder, string name, Action<ModelBuilder<TIn, TOut>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ModelRegistration registration = ModelBuilder<TIn, TOut>.Describe(name, configure);
        IServiceCollection services = builder.Services;
        if (services.Any(descriptor => descriptor.ServiceType == typeof(ModelRegistration) && (descriptor.ImplementationInstance as ModelRegistration)?.Name == name))
            throw new ArgumentException($"A model '{name}' is registered already.", nameof(name));

        services.AddSingleton(registration);
        string section = registration.ConfigurationSection ?? $"Mlops:Serving:{name}";
        services.AddOptions<ModelOptions>(name)
            .Configure<IServiceProvider>((options, provider) => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options))
            .Configure(registration.Configure)
            .ValidateOnStart();

        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredService<ModelServer>().GetPredictor<TIn, TOut>(name));
        services.TryAddSingleton(static provider => provider.GetRequiredService<ModelServer>().GetOnlyPredictor<TIn, TOut>());
        services.Configure<HealthCheckServiceOptions>(health => health.Registrations.Add(new HealthCheckRegistration(
            $"mlops.serving.{name}", provider => new ModelHealthCheck(provider.GetRequiredService<ModelServer>(), provider.GetRequiredService<ModelServer>().Get(name)), failureStatus: null, tags: ["ready"])));
        return builder;
    }

    /// <summary>
    /// Adds every model of a folder that is laid out as <c>MODEL/VERSION/model.onnx</c>, as Triton and KServe lay it out: each under its
    /// name, for calls at tensor level, with its newest versions loaded and the highest number answering by default.
    /// </summary>
    /// <remarks>
    /// With a manifest (<see cref="ModelFolderManifest.WriteAsync"/>) the folder is followed; without one it is read once. A model that fails
    /// does not stop the others: <see cref="ModelFolder.Entries"/> of the singleton <see cref="ModelFolder"/> says why. Options of a model come
    /// from section <c>Mlops:Serving:</c> and its name. Where the host uses health checks, the folder has one named
    /// <c>mlops.serving.folder</c>, tagged <c>ready</c>.
    /// </remarks>
    /// <param name="builder">From <see cref="MlopsServingServiceCollectionExtensions.AddMlopsServing"/>.</param>
    /// <param name="path">The folder.</param>
    /// <param name="configure">Changes how it is followed; called at once.</param>
    /// <exception cref="ArgumentException">The options are out of range, or there is a folder already.</exception>
    public static IMlopsServingBuilder AddModelFolder(this IMlopsServingBuilder builder, string path, Action<ModelFolderOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ModelFolderOptions options = new ModelServerOptions().AddModelFolder(path, configure).Folder!;
        IServiceCollection services = builder.Services;
        if (services.Any(static descriptor => descriptor.ServiceType == typeof(ModelFolderOptions)))
            throw new ArgumentException("The server has a folder of models already.", nameof(path));

        services.AddSingleton(options);
        services.AddSingleton(static provider => provider.GetRequiredService<ModelServer>().Folder!);
        services.AddSingleton<IConfigureOptions<ModelOptions>>(static provider => new FolderModelOptions(
            provider.GetService<IConfiguration>(), provider.GetRequiredService<ModelFolderOptions>(), provider.GetServices<ModelRegistration>()));
        services.Configure<HealthCheckServiceOptions>(static health => health.Registrations.Add(new HealthCheckRegistration(
            "mlops.serving.folder", static provider => new ModelFolderHealthCheck(provider.GetRequiredService<ModelServer>(), provider.GetRequiredService<ModelFolder>()), failureStatus: null, tags: ["ready"])));
        return builder;
    }

    /// <summary>
    /// Keeps every prediction with its outcome in a <see cref="PredictionLog"/>, a singleton, whose options come from section <c>Mlops:Serving:PredictionLog</c>. Kept
    /// in memory unless an <see cref="IPredictionLogStore"/> is registered. Safe to call more than once.
    /// </summary>
    public static IMlopsServingBuilder AddPredictionLog(this IMlopsServingBuilder builder, Action<PredictionLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        if (!services.Any(static descriptor => descriptor.ServiceType == typeof(PredictionLog)))
        {
            services.AddSingleton(static provider => new PredictionLog(
                provider.GetRequiredService<IOptions<PredictionLogOptions>>().Value, provider.GetService<IPredictionLogStore>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetService<ILoggerFactory>(), provider.GetService<IMeterFactory>()));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PredictionLogOptions>, PredictionLogOptionsValidator>());
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PredictionLogOptions>, PredictionLogOptionsRules>());
            services.AddOptions<PredictionLogOptions>()
                .Configure<IServiceProvider>(static (options, provider) => provider.GetService<IConfiguration>()?.GetSection("Mlops:Serving:PredictionLog").Bind(options))
                .ValidateOnStart();
            services.AddHostedService<PredictionLogHost>();
        }

        if (configure is not null)
            services.Configure(configure);
        return builder.AddPredictionObserver<PredictionLog>().AddOutcomeObserver<PredictionLog>();
    }

    /// <summary>Adds an observer of every prediction, which the container makes; one that hears outcomes too is one object.</summary>
    public static IMlopsServingBuilder AddPredictionObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>(this IMlopsServingBuilder builder)
        where TObserver : class, IPredictionObserver
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TObserver>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IPredictionObserver, TObserver>(static services => services.GetRequiredService<TObserver>()));
        return builder;
    }

    /// <summary>Adds an observer of every outcome, which the container makes; one that sees predictions too is one object.</summary>
    public static IMlopsServingBuilder AddOutcomeObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>(this IMlopsServingBuilder builder)
        where TObserver : class, IOutcomeObserver
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TObserver>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IOutcomeObserver, TObserver>(static services => services.GetRequiredService<TObserver>()));
        return builder;
    }
}
