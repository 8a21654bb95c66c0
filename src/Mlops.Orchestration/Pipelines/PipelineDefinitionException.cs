namespace Mlops.Orchestration;

/// <summary>A definition that cannot be run: duplicate names, a handle of another definition, a type that nobody can serialise.</summary>
public sealed class PipelineDefinitionException(string pipeline, string problem)
    : PipelineException($"Defining pipeline '{pipeline}': {problem}")
{
    /// <summary>The pipeline's name.</summary>
    public string Pipeline { get; } = pipeline;
}
