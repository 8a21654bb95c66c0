using System.IO.Hashing;
using System.Runtime.InteropServices;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class WorkerSession
{
    /// <summary>About ten seconds: a disk that is full may have room again by then.</summary>
    private const int MaximumRefusals = 10;

    /// <summary>Writes the outcome, again and again while the database is unreachable: every form of it may be repeated.</summary>
    private async Task<CommitResult?> SettleAsync(StepAttempt attempt, StepOutcome outcome)
    {
        var pause = TimeSpan.FromMilliseconds(50);
        int refusals = 0;
        while (true)
        {
            try
            {
                // For one try: a result that is refused for long must not keep other steps from being given back.
                using ClaimCalls.Call call = _calls.Begin();
                _pipelines.Reach(ExecutionPoint.BeforeCommit);
                CommitResult? result = await WriteAsync(attempt, outcome).ConfigureAwait(false);
                _pipelines.Reach(ExecutionPoint.AfterCommit);
                Report(attempt, outcome, result);
                return WithNextClaimed(result);
            }
            catch (ArtifactNotFoundException exception) when (HasResult(outcome))
            {
                // Its pin has run out during an outage: trying to commit the same result again is in vain, running the step again is not.
                outcome = new StepOutcome.Preempted(StoredText.Describe(exception)) { MinimumDelay = StepExecutor.OutageDelay };
            }
            catch (CachedResultGoneException exception)
            {
                // It expired and was removed after the look: the step looks again.
                outcome = new StepOutcome.Preempted(exception.Message);
            }
            catch (StorageException exception) when (!Ended)
            {
                WorkerLog.StorageFailed(_logger, exception);
                if (!exception.IsTransient && HasResult(outcome) && ++refusals >= MaximumRefusals)
                {
                    if (await TryFailAsync(attempt, exception).ConfigureAwait(false) is { } failed)
                    {
                        return failed;
                    }

                    refusals = 0;
                }

                await Task.Delay(pause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause < _options.LongestCommitPause ? pause * 2 : _options.LongestCommitPause;
            }
        }
    }

    private static bool HasResult(StepOutcome outcome) => outcome is StepOutcome.Succeeded or StepOutcome.Cached or StepOutcome.Failed { Quarantined: not null };

    /// <summary>
    /// The database has refused a result time and again, and not because it is away. Where it takes the failure in its place, the result is to
    /// blame, and to offer it again is in vain; where it takes nothing, as on a full disk, the result waits.
    /// </summary>
    private async Task<CommitResult?> TryFailAsync(StepAttempt attempt, StorageException exception)
    {
        var failed = new StepOutcome.Failed(StoredText.Clean(attempt.Secrets.Redact($"{exception.GetType()}: {exception.Message}")), StepFailureKind.Error);
        try
        {
            using ClaimCalls.Call call = _calls.Begin();
            CommitResult? result = await WriteAsync(attempt, failed).ConfigureAwait(false);
            Report(attempt, failed, result);
            return WithNextClaimed(result);
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private CommitResult? WithNextClaimed(CommitResult? result)
    {
        if (result?.Next is { } next)
        {
            _claimed.TryAdd(KeyOf(next), true);
        }

        return result;
    }

    private async Task<CommitResult?> WriteAsync(StepAttempt attempt, StepOutcome outcome)
    {
        string? continueAs = Ended || _dispatcher is not null || attempt.Abandoned is not null ? null : _name;
        switch (outcome)
        {
            case StepOutcome.Succeeded succeeded:
                return await _commits.CommitAsync(
                    new StepCompletion(attempt.Step, attempt.Graph, attempt.Node, succeeded.Output, succeeded.Payload, attempt.Artifacts, continueAs)
                    {
                        Durability = _options.StepDurability,
                        Cache = attempt.CacheEntry,
                        Lineage = StepLineage.Of(attempt, _pipelines.TellsSteps, _pipelines.TellsSteps ? StepLineage.DigestOf(succeeded.Payload) : null),
                    }).ConfigureAwait(false);

            case StepOutcome.Cached cached:
                return await _commits.CommitAsync(
                    new StepCompletion(attempt.Step, attempt.Graph, attempt.Node, new StepOutput([]) { Decision = cached.IsLast }, default, [], continueAs)
                    {
                        Durability = _options.StepDurability,
                        Cache = attempt.CacheEntry,
                        Reused = cached.Result,
                        Lineage = StepLineage.Of(attempt, _pipelines.TellsSteps, _pipelines.TellsSteps ? StepLineage.DigestOf(cached.Result.Payload) : null),
                    }).ConfigureAwait(false);

            case StepOutcome.Failed failed:
                return await _pipelines.Store.FailAsync(
                    new StepFailure(attempt.Step, attempt.Graph, attempt.Node, failed.Error, failed.Kind, RetryDelay(attempt, failed), continueAs)
                    {
                        Durability = _options.StepDurability,
                        Quarantined = failed.Quarantined,
                        Artifacts = failed.Quarantined is null ? [] : attempt.Artifacts,
                        Lineage = StepLineage.Of(attempt, _pipelines.TellsSteps, output: null),
                    },
                    CancellationToken.None).ConfigureAwait(false);

            case StepOutcome.Released released:
                return await _pipelines.Store.ReleaseAsync(attempt.Step, released.Reason, CancellationToken.None).ConfigureAwait(false);

            case StepOutcome.Asked asked:
                return await _pipelines.Store.AskAsync(
                    attempt.Step, asked.Question, ((ApprovalNode)attempt.Node).Expiry, continueAs, CancellationToken.None, _options.StepDurability).ConfigureAwait(false);

            case StepOutcome.Preempted preempted:
                return await _pipelines.Store.PreemptAsync(
                    attempt.Step, preempted.Reason, DelayAfter(attempt, 1 + (int)attempt.Step.Lost, preempted.MinimumDelay), CancellationToken.None).ConfigureAwait(false);

            default:
                return null;
        }
    }

    private static TimeSpan? RetryDelay(StepAttempt attempt, StepOutcome.Failed failed)
    {
        int failures = (int)attempt.Step.Failures + 1;
        return failed.IsPermanent || failures >= attempt.Node.Retry.Attempts ? null : DelayAfter(attempt, failures);
    }

    private static TimeSpan DelayAfter(StepAttempt attempt, int failures, RetryPolicy? minimum = null)
    {
        // From the step's identity, not from a random source: the items of a group spread out, and a log can be replayed.
        ulong spread = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(attempt.Step.Key.AsSpan()), attempt.Step.Run.Id ^ ((long)failures << 48));
        TimeSpan delay = attempt.Node.Retry.DelayAfter(failures, spread);
        return minimum?.DelayAfter(failures, spread) is { } least && least > delay ? least : delay;
    }

    private void Report(StepAttempt attempt, StepOutcome outcome, CommitResult? result)
    {
        if (result is null)
        {
            return;
        }

        string pipeline = attempt.Graph.Pipeline;
        if (result.Status == CommitStatus.Fenced)
        {
            _telemetry.Fenced(pipeline);
            WorkerLog.Fenced(_logger, attempt.Step.Key, attempt.Step.Run.Id);
            return;
        }

        ReportChecks(attempt, outcome);
        if (outcome is StepOutcome.Failed failed)
        {
            if (RetryDelay(attempt, failed) is { } delay)
            {
                _telemetry.RetryScheduled(pipeline);
                WorkerLog.RetryScheduled(_logger, attempt.Step.Attempt, attempt.Step.Key, attempt.Step.Run.Id, failed.Error, delay);
            }
            else
            {
                WorkerLog.StepFailed(_logger, attempt.Step.Key, attempt.Step.Run.Id, failed.Error);
            }
        }

        if (result.RunEnded is { } state)
        {
            _telemetry.RunEnded(pipeline, state);
            OrchestrationTelemetry.RecordRun(new RunEnd(attempt.Step.Run.Id, pipeline, state, attempt.Step.Run.Created, attempt.Step.Run.TraceParent));
            WorkerLog.RunEnded(_logger, attempt.Step.Run.Id, pipeline, state);
            _pipelines.Ends.Pulse();
        }

        _pipelines.Changes.Pulse();
        if (result.MoreReady)
        {
            _pipelines.SignalWork();
        }
    }

    private void ReportChecks(StepAttempt attempt, StepOutcome outcome)
    {
        IReadOnlyList<CheckResult> checks = outcome switch
        {
            StepOutcome.Succeeded succeeded => succeeded.Output.Checks,
            StepOutcome.Failed { Quarantined: { } quarantined } => quarantined.Checks,
            _ => [],
        };
        foreach (CheckResult check in checks)
        {
            _telemetry.Checked(attempt.Graph.Pipeline, attempt.Node.Key, check.Outcome);
            if (check.Outcome != CheckOutcome.Passed)
            {
                WorkerLog.CheckFailed(_logger, check.Name, attempt.Step.Key, attempt.Step.Run.Id, check.Problem, check.Outcome);
            }
        }
    }

    /// <summary>
    /// Keeps what an attempt has logged since the last time. Lines that are on their way for the watch are sent again before the commit,
    /// after which they would come too late. Those that the database refuses go with the attempt, at its end; the step does not.
    /// </summary>
    private async Task StoreLogAsync(StepAttempt attempt)
    {
        (int first, IReadOnlyList<StepLogLine> lines) = attempt.Logger.Read();
        if (lines.Count == 0)
        {
            return;
        }

        try
        {
            await _pipelines.Store.KeepLogAsync(attempt.Step, first, lines, CancellationToken.None).ConfigureAwait(false);
            attempt.Logger.Kept(first + lines.Count);
        }
        catch (StorageException exception)
        {
            WorkerLog.StorageFailed(_logger, exception);
        }
    }
}
