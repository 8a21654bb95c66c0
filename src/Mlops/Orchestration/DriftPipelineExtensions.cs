using Microsoft.Extensions.DependencyInjection;
using Mlops.Drift;
using Mlops.Orchestration;

namespace Mlops;

/// <summary>Pipelines that drift starts.</summary>
public static class DriftPipelineExtensions
{
    /// <summary>Starts the pipeline when the monitor raises an alert: once for each alert, however often it is delivered.</summary>
    /// <param name="builder">From <c>AddPipeline</c>.</param>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="parameters">Makes the run's parameters from the alert.</param>
    public static IPipelineRegistrationBuilder<TDefinition> OnDrift<TDefinition, TParameters>(
        this IPipelineRegistrationBuilder<TDefinition> builder, string monitor, Func<DriftAlert, TParameters> parameters)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(parameters);
        builder.Services.AddSingleton<IDriftObserver>(services =>
            new DriftPipelineTrigger<TDefinition, TParameters>(services.GetRequiredService<Pipelines>(), monitor, parameters));
        return builder;
    }
}
