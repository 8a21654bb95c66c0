using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Orchestration;

/// <summary>
/// Refines the registration of one pipeline. Other packages add what starts it: an extension method that registers, in
/// <see cref="Services"/>, something that calls <see cref="Pipelines.StartAsync{TDefinition, TParameters}"/> with an idempotency key.
/// </summary>
/// <typeparam name="TDefinition">The pipeline.</typeparam>
public interface IPipelineRegistrationBuilder<TDefinition>
    where TDefinition : class, IPipelineDefinition
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}

internal sealed class PipelineRegistrationBuilder<TDefinition>(IServiceCollection services) : IPipelineRegistrationBuilder<TDefinition>
    where TDefinition : class, IPipelineDefinition
{
    public IServiceCollection Services { get; } = services;
}
