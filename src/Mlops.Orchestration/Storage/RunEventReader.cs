using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Rows of the log as typed events.</summary>
internal static class RunEventReader
{
    public static RunEvent Read(DbDataReader row)
    {
        long kind = row.GetInt64(3);
        string step = row.IsDBNull(4) ? "" : row.GetString(4);
        long value = row.IsDBNull(7) ? 0 : row.GetInt64(7);
        string detail = row.IsDBNull(8) ? "" : row.GetString(8);
        RunEvent entry = (RunEventKind)kind switch
        {
            RunEventKind.RunStarted => new RunStarted(),
            RunEventKind.StepStarted => new StepStarted(),
            RunEventKind.StepSucceeded => new StepSucceeded(),
            RunEventKind.StepRetryScheduled => new StepRetryScheduled { Error = detail, NotBefore = UnixMicroseconds.ToTime(value) },
            RunEventKind.StepFailed => new StepFailed { Error = detail, Kind = (StepFailureKind)value },
            RunEventKind.StepSkipped => new StepSkipped(),
            RunEventKind.StepBlocked => new StepBlocked(),
            RunEventKind.StepReleased => new StepReleased { Reason = detail },
            RunEventKind.StepReclaimed => new StepReclaimed { Worker = detail },
            RunEventKind.StepFenced => new StepFenced(),
            RunEventKind.RunSucceeded => new RunSucceeded(),
            RunEventKind.RunFailed => new RunFailed { Kind = (RunFailureKind)value, Step = step.Length == 0 ? null : step, Error = detail },
            RunEventKind.RunCancelled => new RunCancelled { Reason = detail },
            RunEventKind.StepMemoized => new StepMemoized { Name = detail },
            RunEventKind.StepReused => new StepReused { FromRun = value },
            RunEventKind.StepChecked => Checked((CheckOutcome)value, detail),
            RunEventKind.StepCached => new StepCached { FromRun = value },
            RunEventKind.RunPaused => new RunPaused { Reason = detail },
            RunEventKind.RunResumed => new RunResumed(),
            RunEventKind.ApprovalRequested => new ApprovalRequested
            {
                Question = detail,
                ExpiresAt = row.IsDBNull(7) ? null : UnixMicroseconds.ToTime(value),
            },
            RunEventKind.ApprovalDecided => new ApprovalDecided { IsApproved = value == 1, Actor = detail },
            _ => new UnknownRunEvent { Kind = (int)kind },
        };
        if (entry is StepEvent about)
        {
            entry = about with { Step = step };
        }

        if (entry is AttemptEvent attempt)
        {
            entry = attempt with { Attempt = row.IsDBNull(5) ? 0 : (int)row.GetInt64(5), FencingToken = row.IsDBNull(6) ? 0 : row.GetInt64(6) };
        }

        return entry with { RunId = row.GetInt64(0), Sequence = row.GetInt64(1), At = UnixMicroseconds.ToTime(row.GetInt64(2)) };
    }

    private static StepChecked Checked(CheckOutcome outcome, string detail)
    {
        (string name, string? problem) = CheckResult.Split(detail);
        return new StepChecked { Check = name, Outcome = outcome, Problem = problem };
    }
}
