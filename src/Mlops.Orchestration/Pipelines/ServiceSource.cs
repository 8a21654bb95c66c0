using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Orchestration;

/// <summary>Where a step gets its service from.</summary>
internal static class ServiceSource<TService>
    where TService : notnull
{
    public static readonly Func<IServiceProvider?, TService> Resolve = static services => services is null
        ? throw new PermanentStepException(
            $"The step uses the service {typeof(TService)}, but the worker was created without a service provider; pass one, or hand the object over with p.With(service).")
        : services.GetRequiredService<TService>();
}
