using Microsoft.Extensions.DependencyInjection;
using Mlops.Drift;
using Mlops.Orchestration;

namespace Mlops;

/// <summary>Pipelines that drift starts.</summary>
public static class DriftPipelineExtensions
{
    /// <summary>Starts the pipeline when the monitor raises or repeats an alert: once for each, however often it is delivered.</summary>
    /// <param name="builder">From <c>AddPipeline</c>.</param>
    /// <param name="monitor">The monitor's name in <c>AddMonitor</c>, before or after this call.</param>
    /// <param name="parameters">Makes the run's parameters from the alert.</param>
    /// <param name="key">
    /// The run's idempotency key: alerts of equal keys start one run, for example those of one day. Null for a key per alert and occurrence.
    /// </param>
    public static IPipelineRegistrationBuilder<TDefinition> OnDrift<TDefinition, TParameters>(
        this IPipelineRegistrationBuilder<TDefinition> builder, string monitor, Func<DriftAlert, TParameters> parameters, Func<DriftAlert, string>? key = null)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(parameters);
        builder.Services.AddSingleton<IDriftObserver>(services =>
        {
            RequireMonitor(services, monitor, typeof(TDefinition).Name);
            return new DriftPipelineTrigger<TDefinition, TParameters>(services.GetRequiredService<Pipelines>(), monitor, parameters, key);
        });
        return builder;
    }

    private static void RequireMonitor(IServiceProvider services, string monitor, string pipeline)
    {
        if (!services.GetRequiredService<IServiceProviderIsKeyedService>().IsKeyedService(typeof(DriftMonitor), monitor))
        {
            throw new InvalidOperationException(
                $"Pipeline '{pipeline}' is started by drift monitor '{monitor}', but there is none of that name: call AddMlopsDrift().AddMonitor(\"{monitor}\", ...).");
        }
    }
}
