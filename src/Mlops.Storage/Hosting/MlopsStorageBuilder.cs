using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Storage;

internal sealed class MlopsStorageBuilder(IServiceCollection services) : IMlopsStorageBuilder
{
    public IServiceCollection Services { get; } = services;
}
