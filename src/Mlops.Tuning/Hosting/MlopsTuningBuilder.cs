using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Tuning;

internal sealed class MlopsTuningBuilder(IServiceCollection services) : IMlopsTuningBuilder
{
    public IServiceCollection Services { get; } = services;
}
