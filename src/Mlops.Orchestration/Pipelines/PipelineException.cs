namespace Mlops.Orchestration;

/// <summary>Something about a pipeline or a run that callers react to.</summary>
public class PipelineException(string message, Exception? innerException = null) : Exception(message, innerException);
