using Mlops.Tracking;

namespace Mlops.Mlflow;

internal static class RunStatuses
{
    /// <summary>A run that is scheduled counts as one that runs.</summary>
    public static RunStatus? Read(MlflowRequest fields) => fields.Choice("status", ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]) switch
    {
        null => null,
        "FINISHED" => RunStatus.Finished,
        "FAILED" => RunStatus.Failed,
        "KILLED" => RunStatus.Killed,
        _ => RunStatus.Running,
    };

    public static string Name(RunStatus status) => status switch
    {
        RunStatus.Finished => "FINISHED",
        RunStatus.Failed => "FAILED",
        RunStatus.Killed => "KILLED",
        _ => "RUNNING",
    };
}
