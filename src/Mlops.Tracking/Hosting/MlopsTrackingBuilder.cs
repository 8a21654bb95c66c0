using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Tracking;

internal sealed class MlopsTrackingBuilder(IServiceCollection services) : IMlopsTrackingBuilder
{
    public IServiceCollection Services { get; } = services;
}
