namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>Writes what checks said of an attempt's result, after the entry that holds the result.</summary>
    public void AppendChecks(ClaimedStep step, IReadOnlyList<CheckResult> checks)
    {
        foreach (CheckResult check in checks)
        {
            Append(RunEventKind.StepChecked, step.Key, step.Attempt, step.Epoch, (long)check.Outcome, check.Detail);
        }
    }
}
