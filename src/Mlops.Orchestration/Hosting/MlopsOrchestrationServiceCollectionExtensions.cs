using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Registers pipelines and the worker that runs them.</summary>
public static class MlopsOrchestrationServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="Pipelines"/>, and a worker that runs with the host. Options come from the section <c>Mlops:Orchestration</c>.
    /// An <see cref="IStepDispatcher"/> among the services takes the place of the worker's own claims. Safe to call more than once.
    /// </summary>
    public static IMlopsOrchestrationBuilder AddMlopsOrchestration(this IServiceCollection services, Action<PipelineWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsStorage().AddMigrations(OrchestrationSchema.Migrations).RequireArtifacts();
        OptionsBuilder<PipelineWorkerOptions> options = services.AddOptions<PipelineWorkerOptions>()
            .Configure<IServiceProvider>(static (options, services) => services.GetService<IConfiguration>()?.GetSection("Mlops:Orchestration").Bind(options))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PipelineWorkerOptions>, PipelineWorkerOptionsValidator>());
        services.TryAddSingleton(static provider =>
        {
            var pipelines = new Pipelines(
                provider.GetRequiredDatabase(),
                provider.GetServices<PipelineRegistration>().Select(registration => registration.Resolve(provider)),
                provider.GetRequiredService<ArtifactCatalog>(),
                provider.GetRequiredService<ILeaseClock>(),
                provider.GetService<Outbox>(),
                provider.GetService<ILogger<Pipelines>>(),
                provider.GetService<IMeterFactory>());
            foreach (PipelineSchedule schedule in provider.GetServices<PipelineSchedule>())
            {
                pipelines.Know(schedule);
            }

            return pipelines;
        });
        services.TryAddSingleton<ISecretSource>(static provider => new ConfigurationSecrets(provider.GetService<IConfiguration>()));
        services.TryAddSingleton(static provider => new PipelineWorker(
            provider.GetRequiredService<Pipelines>(),
            provider.GetRequiredService<IOptions<PipelineWorkerOptions>>().Value,
            provider,
            provider.GetService<ILogger<PipelineWorker>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IMeterFactory>(),
            dispatcher: provider.GetService<IStepDispatcher>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, PipelineWorkerService>());
        return new MlopsOrchestrationBuilder(services);
    }

    /// <summary>
    /// Adds a pipeline. The definition is created once, by the container unless it is registered already. Repeating a pipeline adds nothing,
    /// but runs <paramref name="configure"/>.
    /// </summary>
    /// <param name="builder">From <see cref="AddMlopsOrchestration"/>.</param>
    /// <param name="configure">What starts the pipeline, from other packages' extension methods.</param>
    public static IMlopsOrchestrationBuilder AddPipeline<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TDefinition>(
        this IMlopsOrchestrationBuilder builder, Action<IPipelineRegistrationBuilder<TDefinition>>? configure = null)
        where TDefinition : class, IPipelineDefinition
    {
        ArgumentNullException.ThrowIfNull(builder);
        bool known = builder.Services.Any(static service => service.ImplementationInstance is PipelineRegistration { Type: var type } && type == typeof(TDefinition));
        if (!known)
        {
            builder.Services.TryAddSingleton<TDefinition>();
            builder.Services.AddSingleton(new PipelineRegistration(
                typeof(TDefinition), static provider => provider.GetRequiredService<TDefinition>()));
        }

        configure?.Invoke(new PipelineRegistrationBuilder<TDefinition>(builder.Services));
        return builder;
    }
}
