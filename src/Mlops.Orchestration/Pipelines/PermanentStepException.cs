namespace Mlops.Orchestration;

/// <summary>Thrown by a step to say that trying again is pointless: the step fails at once, whatever its retry policy.</summary>
public class PermanentStepException(string message, Exception? innerException = null) : PipelineException(message, innerException);
