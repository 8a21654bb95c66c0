using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlops.Serving;
using Mlops.Storage;

namespace Mlops;

/// <summary>A prediction log that outlives its process.</summary>
public static class DatabasePredictionLogExtensions
{
    /// <summary>Keeps the prediction log (added with it, if it is not yet) in the host's database. Safe to call twice.</summary>
    /// <param name="builder">From <c>AddMlopsServing</c>.</param>
    /// <param name="configure">Changes what is kept.</param>
    /// <exception cref="InvalidOperationException">At start: there is no database.</exception>
    public static IMlopsServingBuilder UseDatabasePredictionLog(this IMlopsServingBuilder builder, Action<PredictionLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPredictionLog(configure);
        builder.Services.AddMlopsStorage();
        if (!builder.Services.Any(static service => ReferenceEquals(service.ImplementationInstance, PredictionLogSchema.Migrations)))
        {
            builder.Services.AddSingleton(PredictionLogSchema.Migrations);
        }

        builder.Services.TryAddSingleton<IPredictionLogStore>(
            static services => new DatabasePredictionLogStore(services.GetRequiredDatabase(), services.GetRequiredService<TimeProvider>()));
        return builder;
    }
}
