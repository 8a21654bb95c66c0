using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlops.Serving;
using Mlops.Storage;

namespace Mlops;

/// <summary>Rollouts that outlive their process and are decided by one of several.</summary>
public static class DatabaseRolloutExtensions
{
    /// <summary>
    /// Keeps rollouts in the host's database: their share and secret, what was decided and why, which versions are not put back into service; and lets one of
    /// the processes that serve a model decide. Safe to call twice.
    /// </summary>
    /// <param name="builder">From <c>AddMlopsServing</c>.</param>
    /// <exception cref="InvalidOperationException">At start: there is no database.</exception>
    public static IMlopsServingBuilder UseDatabaseRollouts(this IMlopsServingBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddMlopsStorage();
        if (!builder.Services.Any(static service => ReferenceEquals(service.ImplementationInstance, RolloutSchema.Migrations)))
        {
            builder.Services.AddSingleton(RolloutSchema.Migrations);
        }

        builder.Services.TryAddSingleton<IRolloutStore>(static services => new DatabaseRolloutStore(services.GetRequiredDatabase()));
        return builder;
    }
}
