namespace Mlops.Orchestration;

/// <summary>
/// Decides where and when steps that are ready are executed, in place of a <see cref="PipelineWorker"/> that claims what its own slots have room for.
/// It hands each <see cref="ReadyStep"/> to <see cref="PipelineWorker.ExecuteAsync"/> of a worker in whatever process, once or more often.
/// </summary>
/// <remarks>
/// A dispatcher may lose steps, repeat them and be one of several: what makes an attempt the only one is the claim by which it begins, and what makes its result
/// the only one is the commit. Leases, retries, cancellation and the log are those of the worker that executes. One that a container creates must not ask for the
/// <see cref="PipelineWorker"/> in its constructor: the worker is created with it.
/// </remarks>
public interface IStepDispatcher
{
    /// <summary>
    /// Takes a step over. Called for one step after the other, the most urgent first, so that a dispatcher that has no room holds up the next one by not returning.
    /// A step that has not begun a <see cref="PipelineWorkerOptions.LeaseDuration"/> later is handed over again. At most 1 000 are out without having begun.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="cancellationToken">Fires when the worker stops.</param>
    /// <remarks>What it throws is logged, and steps are handed over again from there after a second.</remarks>
    ValueTask DispatchAsync(ReadyStep step, CancellationToken cancellationToken);
}
