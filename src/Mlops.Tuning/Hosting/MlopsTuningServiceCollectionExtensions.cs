using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Registers tuning.</summary>
public static class MlopsTuningServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="Studies"/>. Needs a database: <c>services.AddMlopsStorage().UseSqlite("Data Source=mlops.db")</c>.
    /// Options come from section <c>Mlops:Tuning</c>; registered <see cref="ITrialObserver"/>s are told of every finished trial. Safe to call more than once.
    /// </summary>
    public static IMlopsTuningBuilder AddMlopsTuning(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMlopsStorage().AddMigrations(TuningSchema.Migrations);
        services.AddOptions<TuningOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<TuningOptions>, TuningOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TuningOptions>, TuningOptionsValidator>());
        services.TryAddSingleton(static provider => new Studies(
            provider.GetRequiredDatabase(),
            provider.GetRequiredService<IOptions<TuningOptions>>().Value,
            provider.GetServices<ITrialObserver>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILeaseClock>(),
            provider.GetService<ILogger<Studies>>(),
            provider.GetService<IMeterFactory>()));
        return new MlopsTuningBuilder(services);
    }
}
