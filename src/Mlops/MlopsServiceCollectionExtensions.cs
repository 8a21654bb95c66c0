using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops;

/// <summary>Registers the bridges between the features of the family.</summary>
public static class MlopsServiceCollectionExtensions
{
    /// <summary>
    /// Adds the bridges between whatever features are present. They find their neighbours when they are first used, so the order of the
    /// <c>AddMlops...</c> calls does not matter. Safe to call twice.
    /// </summary>
    public static IServiceCollection AddMlops(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ITrialObserver, TrialRunsWhenTracked>());
        return services;
    }

    /// <summary>Trials become runs only in hosts that track.</summary>
    private sealed class TrialRunsWhenTracked(IServiceProvider services) : ITrialObserver
    {
        private readonly TrialRuns? _runs = services.GetService<Tracker>() is { } tracker ? new TrialRuns(tracker) : null;

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken) =>
            _runs?.OnFinishedAsync(trial, cancellationToken) ?? ValueTask.CompletedTask;
    }
}
