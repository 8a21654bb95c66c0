namespace Mlops.Orchestration;

/// <summary>A run that was required to succeed did not.</summary>
public sealed class PipelineRunFailedException(PipelineRun run)
    : PipelineException(FormattableString.Invariant(
        $"Run {(run ?? throw new ArgumentNullException(nameof(run))).Id} of '{run.Pipeline}' is {run.State}{(run.FailedStep is null ? "" : $" at step '{run.FailedStep}'")}: {run.Error ?? "it is not over yet"}"))
{
    /// <summary>The run as it was read.</summary>
    public PipelineRun Run { get; } = run;
}
