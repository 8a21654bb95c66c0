using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mlops.Orchestration;

/// <summary>Lets pipelines start by themselves.</summary>
public static class PipelineScheduleExtensions
{
    /// <summary>Starts the pipeline on a schedule while the host runs, also in hosts without a worker. See <see cref="PipelineSchedule.For{TDefinition, TParameters}"/>.</summary>
    /// <param name="builder">From <c>AddPipeline</c>.</param>
    /// <param name="name">Unique on the database: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="cron">Five fields, or six with seconds first.</param>
    /// <param name="parameters">What a run is started with.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A part cannot be used.</exception>
    public static IPipelineRegistrationBuilder<TDefinition> Schedule<TDefinition, TParameters>(
        this IPipelineRegistrationBuilder<TDefinition> builder,
        string name,
        string cron,
        Func<DataInterval, TParameters> parameters,
        ScheduleOptions? options = null)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(PipelineSchedule.For<TDefinition, TParameters>(name, cron, parameters, options));
        AddScheduler(builder.Services);
        return builder;
    }

    internal static void AddScheduler(IServiceCollection services)
    {
        services.TryAddSingleton(static provider => new PipelineScheduler(
            provider.GetRequiredService<Pipelines>(),
            provider.GetServices<PipelineSchedule>(),
            provider.GetService<ILogger<PipelineScheduler>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetServices<PipelineSensor>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, PipelineSchedulerService>());
    }
}
