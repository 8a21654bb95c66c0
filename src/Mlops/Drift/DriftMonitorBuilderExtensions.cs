using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Serving;

namespace Mlops;

/// <summary>Monitors that follow a served model.</summary>
public static class DriftMonitorBuilderExtensions
{
    /// <summary>
    /// The version of the model that serves is the monitor's live version: at start and after every swap it is activated by its digest, and the next
    /// evaluation takes the reference and the error baseline stored for that digest (<see cref="DriftStore.SetReferenceAsync"/>, or an
    /// <see cref="IReferenceSource"/> of the host). A version that has none is watched without verdicts and makes the health check Degraded.
    /// </summary>
    /// <param name="builder">From <c>AddMonitor</c>.</param>
    /// <param name="model">The model's name in <c>AddModel</c>, before or after this call.</param>
    /// <remarks>The host does not start when no such model is served.</remarks>
    public static DriftMonitorBuilder ReferenceFromServedModel(this DriftMonitorBuilder builder, string model)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(model);
        string monitor = builder.Name;
        builder.Services.AddSingleton<IHostedService>(services => new ServedVersionFollower(
            services.GetService<ModelServer>() ?? throw new InvalidOperationException(
                $"Drift monitor '{monitor}' follows the served model '{model}', but nothing is served: call AddMlopsServing().AddModel(\"{model}\", ...)."),
            model,
            services.GetRequiredKeyedService<DriftMonitor>(monitor)));
        return builder;
    }
}
