namespace Mlops.Orchestration;

/// <summary>
/// A step that may begin, as it is handed from <see cref="IStepDispatcher"/> to <see cref="PipelineWorker.ExecuteAsync"/>, also by message into another
/// process: it holds names and numbers only. It is good for one attempt: where that has begun, the same one again begins nothing.
/// </summary>
/// <param name="RunId">The run.</param>
/// <param name="Pipeline">Its pipeline's name: who executes it has to know the definition.</param>
/// <param name="Step">The step's key, for example <c>train</c> or <c>fold[2012]</c>.</param>
/// <param name="FencingToken">That of the attempt before; 0 before the first one.</param>
public sealed record ReadyStep(long RunId, string Pipeline, string Step, long FencingToken)
{
    /// <summary>The pool that limits it over all processes; null for none.</summary>
    public string? Pool { get; init; }
}
