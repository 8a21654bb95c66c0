using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration.Testing;

/// <summary>
/// Runs pipelines in memory, one step after the other in the order of their declaration: for unit tests of definitions and steps. Nothing is
/// stored, waits of retry policies are passed over, and neither time limits nor pools nor the cache have an effect.
/// </summary>
public static class InMemoryPipeline
{
    /// <summary>Runs a pipeline to its end. Steps that fail are part of the result; look at it, or call <see cref="InMemoryRun.EnsureSucceeded"/>.</summary>
    /// <param name="definition">The pipeline.</param>
    /// <param name="parameters">What its steps read.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Fires the token of the step that runs, and ends the run.</param>
    /// <exception cref="PipelineDefinitionException">The definition cannot be run.</exception>
    /// <exception cref="ArgumentException">A step that is to be replaced does not exist, or has another type.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static Task<InMemoryRun> RunAsync<TParameters>(
        IPipelineDefinition<TParameters> definition, TParameters parameters, InMemoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return RunAsync(PipelineGraph.Of(definition), parameters, options, cancellationToken);
    }

    internal static Task<InMemoryRun> RunAsync<TParameters>(
        PipelineGraph graph, TParameters parameters, InMemoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new InMemoryOptions();
        foreach (string step in options.Replaced.Keys)
        {
            if (graph.FindNodeOfStep(step) is null)
            {
                throw new ArgumentException($"'{step}' is to be replaced, but the pipeline '{graph.Pipeline}' has no such step.", nameof(options));
            }
        }

        byte[] payload = StepJson.Serialize(parameters, (JsonTypeInfo<TParameters>)graph.Parameters, "parameters");
        return new MemoryExecution(graph, payload, options).RunAsync(cancellationToken);
    }
}
