using Microsoft.Extensions.Logging;

namespace Mlops.Orchestration;

/// <summary>What a worker reports.</summary>
internal static partial class WorkerLog
{
    [LoggerMessage(6000, LogLevel.Information, "Worker {Worker} serves {Pipelines}")]
    public static partial void WorkerStarted(ILogger logger, string worker, string pipelines);

    [LoggerMessage(6001, LogLevel.Information, "Worker {Worker} stopped")]
    public static partial void WorkerStopped(ILogger logger, string worker);

    [LoggerMessage(6002, LogLevel.Warning, "Worker {Worker} could not keep its lease; its steps start again")]
    public static partial void LeaseLost(ILogger logger, string worker);

    [LoggerMessage(6003, LogLevel.Warning, "Took {Steps} steps of run {Run} from the lost worker {Worker}")]
    public static partial void Reclaimed(ILogger logger, int steps, long run, string worker);

    [LoggerMessage(6004, LogLevel.Warning, "Attempt {Attempt} of step {Step} of run {Run} failed ({Error}); next in {Delay}")]
    public static partial void RetryScheduled(ILogger logger, long attempt, string step, long run, string error, TimeSpan delay);

    [LoggerMessage(6005, LogLevel.Error, "Step {Step} of run {Run} failed for good: {Error}")]
    public static partial void StepFailed(ILogger logger, string step, long run, string error);

    [LoggerMessage(6006, LogLevel.Warning, "A late commit of step {Step} of run {Run} was turned away")]
    public static partial void Fenced(ILogger logger, string step, long run);

    [LoggerMessage(6007, LogLevel.Error, "The database refuses work; trying again")]
    public static partial void StorageFailed(ILogger logger, Exception exception);

    [LoggerMessage(6008, LogLevel.Error, "Run {Run} of {Pipeline} failed: the pipeline has another graph by now")]
    public static partial void PipelineChanged(ILogger logger, long run, string pipeline);

    [LoggerMessage(6009, LogLevel.Warning, "{Steps} steps ignored their cancellation; what they still return is discarded")]
    public static partial void StepsAbandoned(ILogger logger, int steps);

    [LoggerMessage(6010, LogLevel.Information, "Run {Run} of {Pipeline} is {State}")]
    public static partial void RunEnded(ILogger logger, long run, string pipeline, PipelineRunState state);

    [LoggerMessage(6011, LogLevel.Error, "The worker broke off and starts again")]
    public static partial void WorkerBroke(ILogger logger, Exception exception);

    [LoggerMessage(6012, LogLevel.Error, "Running step {Step} of run {Run} broke off before anything was stored; the step is given back")]
    public static partial void SlotBroke(ILogger logger, string step, long run, Exception exception);

    [LoggerMessage(6013, LogLevel.Warning, "What step {Step} of run {Run} does when it is cancelled threw ({Error}); the step is cancelled all the same")]
    public static partial void CancellationFailed(ILogger logger, string step, long run, string error, Exception? exception);

    [LoggerMessage(6014, LogLevel.Warning, "Attempt {Attempt} of step {Step} of run {Run} goes on although its token has fired ({Reason}); it keeps its slot until it ends, and what it returns is not taken")]
    public static partial void StepDeaf(ILogger logger, long attempt, string step, long run, AbortReason reason);

    [LoggerMessage(6015, LogLevel.Error, "Following schedule or sensor {Schedule} failed; trying again")]
    public static partial void ScheduleFailed(ILogger logger, string schedule, Exception exception);

    [LoggerMessage(6016, LogLevel.Warning, "The run of schedule {Schedule} that is due at {Due} is skipped: the one before is not over")]
    public static partial void RunSkipped(ILogger logger, string schedule, DateTimeOffset due);

    [LoggerMessage(6017, LogLevel.Warning, "Check {Check} of step {Step} of run {Run} did not pass ({Problem}): {Outcome}")]
    public static partial void CheckFailed(ILogger logger, string check, string step, long run, string? problem, CheckOutcome outcome);

    [LoggerMessage(6018, LogLevel.Error, "The dispatcher refuses step {Step} of run {Run}; trying again")]
    public static partial void DispatchFailed(ILogger logger, string step, long run, Exception exception);

    [LoggerMessage(6019, LogLevel.Information, "Removed {Runs} runs that were over")]
    public static partial void RunsPurged(ILogger logger, int runs);

    [LoggerMessage(6020, LogLevel.Error, "The steps of run {Run} could not be taken over from the lost worker {Worker}; trying again")]
    public static partial void TakeOverFailed(ILogger logger, long run, string worker, Exception exception);

    [LoggerMessage(6021, LogLevel.Error, "Step {Step} of run {Run}, which nobody runs, could not be given back; trying again")]
    public static partial void GiveBackFailed(ILogger logger, string step, long run, Exception exception);
}
