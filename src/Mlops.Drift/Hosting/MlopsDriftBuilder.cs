using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Drift;

internal sealed class MlopsDriftBuilder(IServiceCollection services) : IMlopsDriftBuilder
{
    public IServiceCollection Services { get; } = services;
}
