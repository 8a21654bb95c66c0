namespace Mlops.Orchestration;

/// <summary>A result that is not there, or that does not read as the type asked for. A step that meets it fails without retry.</summary>
public sealed class StepResultException(string step, string message, Exception? innerException = null)
    : PermanentStepException(message, innerException)
{
    /// <summary>The key of the step whose result was asked for.</summary>
    public string Step { get; } = step;
}
