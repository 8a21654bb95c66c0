using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Orchestration;

/// <summary>Registers pipelines.</summary>
public interface IMlopsOrchestrationBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}

internal sealed class MlopsOrchestrationBuilder(IServiceCollection services) : IMlopsOrchestrationBuilder
{
    public IServiceCollection Services { get; } = services;
}
