namespace Mlops.Orchestration;

/// <summary>A definition that the host has registered.</summary>
internal sealed record PipelineRegistration(Type Type, Func<IServiceProvider, IPipelineDefinition> Resolve);
