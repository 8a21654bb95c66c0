namespace Mlops.Orchestration;

/// <summary>Somebody said no, or nobody said anything in time.</summary>
internal sealed class StepRejectedException(string message) : PermanentStepException(message);
