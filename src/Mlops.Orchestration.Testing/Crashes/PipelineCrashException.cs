namespace Mlops.Orchestration.Testing;

/// <summary>A killed pipeline did not come to the same end as the undisturbed one, or broke a rule on the way.</summary>
public sealed class PipelineCrashException(string message) : PipelineException(message);
