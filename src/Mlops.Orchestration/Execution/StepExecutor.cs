using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Orchestration;

/// <summary>Runs one attempt up to its outcome: loads its inputs, opens its scope, keeps its time. Writes no row.</summary>
internal sealed class StepExecutor(Pipelines pipelines, PipelineWorkerOptions options, IServiceScopeFactory? scopes, TimeProvider time, OrchestrationTelemetry telemetry)
{
    private readonly StepCache _cache = new(pipelines, telemetry);

    /// <param name="attempt">The attempt.</param>
    /// <param name="carried">The result that the same slot has just committed: the next step mostly wants it.</param>
    public async Task<StepOutcome> RunAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        using Activity? activity = OrchestrationTelemetry.StartStep(attempt);
        long started = Stopwatch.GetTimestamp();
        StepOutcome outcome = await RunCoreAsync(attempt, carried).ConfigureAwait(false);
        if (outcome is StepOutcome.Failed failed)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failed.Error);
        }

        telemetry.StepEnded(attempt, Stopwatch.GetElapsedTime(started), outcome switch
        {
            StepOutcome.Succeeded => "succeeded",
            StepOutcome.Failed => "failed",
            StepOutcome.Cached => "cached",
            StepOutcome.Asked => "asked",
            StepOutcome.Released or StepOutcome.Preempted => "released",
            _ => "dropped",
        });
        return outcome;
    }

    private async Task<StepOutcome> RunCoreAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        if (attempt.Step.Lost >= options.MaximumLostAttempts)
        {
            return new StepOutcome.Failed(
                FormattableString.Invariant($"{attempt.Step.Lost} workers were lost while they ran this step; it is not tried again."), StepFailureKind.Lost);
        }

        try
        {
            await LoadInputsAsync(attempt, carried).ConfigureAwait(false);
            if (attempt.Node.Cache is { } policy && await _cache.FindAsync(attempt, policy).ConfigureAwait(false) is { } known)
            {
                return new StepOutcome.Cached(known);
            }

            StepOutput output = await RunInScopeAsync(attempt).ConfigureAwait(false);
            if (attempt.AbortReason == AbortReason.TimedOut)
            {
                return TimedOut(attempt);
            }

            if (output.Question is { } question)
            {
                return new StepOutcome.Asked(question);
            }

            StoredPayload payload = await pipelines.Payloads.StoreAsync(attempt, output.Payload).ConfigureAwait(false);
            return new StepOutcome.Succeeded(output, payload);
        }
        catch (Exception exception)
        {
            return Judge(attempt, exception);
        }
    }

    private static StepOutcome Judge(StepAttempt attempt, Exception exception) => attempt.AbortReason switch
    {
        AbortReason.WorkerStopping => new StepOutcome.Released("The worker stops."),
        AbortReason.LeaseLost => new StepOutcome.Released("The worker lost its lease."),
        AbortReason.RunCancelled => new StepOutcome.Dropped(),
        AbortReason.TimedOut => TimedOut(attempt),
        _ => exception switch
        {
            PreemptedStepException => new StepOutcome.Preempted(StoredText.Clean(exception.Message)),
            StepRejectedException => new StepOutcome.Failed(StoredText.Clean(exception.Message), StepFailureKind.Rejected),
            PermanentStepException => new StepOutcome.Failed(StoredText.Describe(exception), StepFailureKind.Permanent),
            _ => new StepOutcome.Failed(StoredText.Describe(exception), StepFailureKind.Error),
        },
    };

    private static StepOutcome.Failed TimedOut(StepAttempt attempt) =>
        new(FormattableString.Invariant($"The attempt took longer than {attempt.Node.Timeout}."), StepFailureKind.TimedOut);

    private async Task<StepOutput> RunInScopeAsync(StepAttempt attempt)
    {
        if (attempt.Node.Timeout is not { } limit)
        {
            return await RunWithServicesAsync(attempt).ConfigureAwait(false);
        }

        // Not on this thread: a step that blocks it must not keep its own limit from being noticed.
        Task<StepOutput> run = Task.Run(() => RunWithServicesAsync(attempt));
        using var ended = new CancellationTokenSource();
        if (!await EndsWithinAsync(run, limit, ended.Token).ConfigureAwait(false))
        {
            attempt.Abort(AbortReason.TimedOut);
            if (!await EndsWithinAsync(run, options.AbortPeriod, ended.Token).ConfigureAwait(false))
            {
                attempt.Abandoned = run;
                throw new TimeoutException();
            }
        }

        await ended.CancelAsync().ConfigureAwait(false);
        return await run.ConfigureAwait(false);
    }

    private async Task<bool> EndsWithinAsync(Task run, TimeSpan limit, CancellationToken ended) =>
        await Task.WhenAny(run, Task.Delay(limit, time, ended)).ConfigureAwait(false) == run;

    private async Task<StepOutput> RunWithServicesAsync(StepAttempt attempt)
    {
        if (scopes is null || attempt.Node.ServiceType is null)
        {
            return await attempt.Node.RunAsync(attempt).ConfigureAwait(false);
        }

        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            attempt.Services = scope.ServiceProvider;
            return await attempt.Node.RunAsync(attempt).ConfigureAwait(false);
        }
    }

    private async Task LoadInputsAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        if (attempt.Node.Kind == NodeKind.Approval)
        {
            attempt.Gate = await pipelines.Store.FindGateAsync(attempt.Step.Run.Id, attempt.Step.Key, attempt.CancellationToken).ConfigureAwait(false);
        }

        foreach (StepInput input in attempt.Node.Inputs)
        {
            string key = input.Node.Key;
            if (input.Node.Kind == NodeKind.Expand)
            {
                List<StepResultRow> rows = await pipelines.Store.ListResultsAsync(attempt.Step.Run.Id, key, attempt.CancellationToken).ConfigureAwait(false);
                var payloads = new List<(string, byte[])>(rows.Count);
                foreach (StepResultRow row in rows)
                {
                    payloads.Add((row.Key, await pipelines.Payloads.LoadAsync(row.Payload, attempt.CancellationToken).ConfigureAwait(false)));
                }

                attempt.ProvideGroup(key, payloads);
            }
            else if (carried is { } committed && committed.Key == key)
            {
                attempt.Provide(key, committed.Payload);
            }
            else
            {
                StepResultRow? row = await pipelines.Store.FindResultAsync(attempt.Step.Run.Id, key, attempt.CancellationToken).ConfigureAwait(false);
                if (row is not { State: StepState.Succeeded })
                {
                    throw new StepResultException(key, $"The result of '{key}' is not in the database, although '{attempt.Step.Key}' was ready.");
                }

                attempt.Provide(key, await pipelines.Payloads.LoadAsync(row.Payload, attempt.CancellationToken).ConfigureAwait(false));
            }
        }
    }
}
