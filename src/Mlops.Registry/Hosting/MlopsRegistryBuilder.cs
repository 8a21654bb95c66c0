using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Registry;

internal sealed class MlopsRegistryBuilder(IServiceCollection services) : IMlopsRegistryBuilder
{
    public IServiceCollection Services { get; } = services;
}
