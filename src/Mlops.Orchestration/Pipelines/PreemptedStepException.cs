namespace Mlops.Orchestration;

/// <summary>
/// Thrown by a step that what it needs was taken away from it, for example a machine that is called back. The step starts again after as
/// long as its retry policy waits after so many failures, not counted as a failure; it counts like an attempt that was lost with its worker
/// (<see cref="PipelineWorkerOptions.MaximumLostAttempts"/>).
/// </summary>
public class PreemptedStepException(string message, Exception? innerException = null) : PipelineException(message, innerException);
