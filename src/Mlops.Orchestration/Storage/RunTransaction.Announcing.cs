using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    private RunIdentity? _identity;

    /// <summary>Tells of the run as it is now, in this transaction.</summary>
    private void AnnounceRun(RunFailureKind? failure = null, string? error = null)
    {
        string topic = PipelineRunTransition.TopicOf(State);
        if (_outbox?.IsHeard(topic) != true)
        {
            return;
        }

        RunIdentity run = Identify();
        var transition = new PipelineRunTransition
        {
            RunId = RunId,
            RunUid = run.Uid,
            Pipeline = run.Pipeline,
            State = State,
            At = UnixMicroseconds.ToTime(Now),
            StartedAt = UnixMicroseconds.ToTime(run.Created),
            Schedule = run.Schedule,
            Partition = run.Partition,
            FailureKind = failure,
            FailedStep = State == PipelineRunState.Failed ? _failedStep : null,
            Error = error,
        };
        _outbox.Add(_session, topic, $"{run.Uid}/{(IsRunning ? "started" : "ended")}", transition.ToJson());
    }

    /// <summary>Tells that a step has begun; of its attempts, only the first one is told.</summary>
    private void AnnounceStart(ClaimedStep step)
    {
        if (step.Attempt == 1 && _outbox?.IsHeard(PipelineStepTransition.StartedTopic) == true)
        {
            _outbox.Add(_session, PipelineStepTransition.StartedTopic, $"{UidOf(step.Key)}/started", Describe(step.Key, step.Node, StepState.Running, step.Attempt).ToJson());
        }
    }

    /// <summary>Tells that the step of an attempt is over, with what it has read and made.</summary>
    public void AnnounceEnd(ClaimedStep step, StepState state, StepLineage lineage, StepFailureKind? failure = null, string? error = null, long? fromRun = null)
    {
        if (_outbox?.IsHeard(PipelineStepTransition.EndedTopic) == true)
        {
            AnnounceEnd(Describe(step.Key, step.Node, state, step.Attempt) with
            {
                FailureKind = failure,
                Error = error,
                FromRun = fromRun,
                Data = [.. lineage.Results, .. state == StepState.Succeeded ? ListData(step.Key) : lineage.Data],
            });
        }
    }

    /// <summary>Tells of every step that has begun and ends with its run.</summary>
    private void AnnounceAbandoned()
    {
        if (_outbox?.IsHeard(PipelineStepTransition.EndedTopic) == true)
        {
            foreach ((string key, string node, long attempt) in _session.Query(
                "SELECT step_key, node, attempt FROM orchestration_step WHERE run_id = @run AND state IN (0, 1, 2) AND attempt > 0 ORDER BY ordinal, step_key",
                static row => (row.GetString(0), row.GetString(1), row.GetInt64(2)),
                ("@run", RunId)))
            {
                AnnounceEnd(Describe(key, node, StepState.Cancelled, attempt));
            }
        }
    }

    private void AnnounceQuestion(ClaimedStep step, string question, long? expires)
    {
        if (_outbox?.IsHeard(PipelineApprovalRequest.Topic) == true)
        {
            var request = new PipelineApprovalRequest
            {
                RunId = RunId,
                RunUid = Identify().Uid,
                Pipeline = Identify().Pipeline,
                Step = step.Key,
                Question = question,
                At = UnixMicroseconds.ToTime(Now),
                ExpiresAt = expires is { } time ? UnixMicroseconds.ToTime(time) : null,
            };
            _outbox.Add(
                _session, PipelineApprovalRequest.Topic, string.Create(CultureInfo.InvariantCulture, $"{UidOf(step.Key)}/asked/{step.Attempt}"), request.ToJson());
        }
    }

    private void AnnounceEnd(PipelineStepTransition transition) =>
        _outbox!.Add(_session, PipelineStepTransition.EndedTopic, $"{transition.StepUid}/ended", transition.ToJson());

    private PipelineStepTransition Describe(string key, string node, StepState state, long attempts) => new()
    {
        RunId = RunId,
        RunUid = Identify().Uid,
        Pipeline = Identify().Pipeline,
        Step = key,
        Node = node,
        StepUid = UidOf(key),
        State = state,
        At = UnixMicroseconds.ToTime(Now),
        Attempts = (int)attempts,
    };

    private string UidOf(string key) => StepIdentity.Of(Identify().Uid, key);

    /// <summary>Read only where something is told.</summary>
    private RunIdentity Identify() => _identity ??= _session.QueryFirst(
        "SELECT uid, pipeline, created, schedule, partition_start, partition_end FROM orchestration_run WHERE id = @run",
        static row => new RunIdentity(
            row.GetString(0), row.GetString(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3),
            row.IsDBNull(4) ? null : new DataInterval(UnixMicroseconds.ToTime(row.GetInt64(4)), UnixMicroseconds.ToTime(row.GetInt64(5)))),
        ("@run", RunId))!;

    private sealed record RunIdentity(string Uid, string Pipeline, long Created, string? Schedule, DataInterval? Partition);
}
