using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>Runs one attempt up to its outcome: loads its inputs, opens its scope, keeps its time. Writes no row.</summary>
internal sealed class StepExecutor(
    Pipelines pipelines,
    PipelineWorkerOptions options,
    IServiceScopeFactory? scopes,
    TimeProvider time,
    OrchestrationTelemetry telemetry,
    ILogger? logger = null,
    ISecretSource? secrets = null)
{
    /// <summary>Between attempts that something else than the step has ended.</summary>
    public static readonly RetryPolicy OutageDelay = RetryPolicy.Exponential(int.MaxValue, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private readonly StepCache _cache = new(pipelines, telemetry);
    private readonly StepInputs _inputs = new(pipelines);

    /// <summary>An attempt that has not begun; whoever begins it disposes it.</summary>
    public StepAttempt Begin(ClaimedStep step, PipelineGraph graph)
    {
        PipelineNode node = graph.FindNode(step.Node)
            ?? throw new InvalidOperationException($"The graph {graph.Hash} has no node '{step.Node}', although run {step.Run.Id} was started with it.");
        return new StepAttempt(step, graph, node, pipelines.Payloads, pipelines.Memory, logger ?? NullLogger.Instance, time, secrets)
        {
            Durability = options.StepDurability,
        };
    }

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

        RedactTags(activity, attempt.Secrets);

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

    /// <summary>What the step's code has put on the span that it runs in.</summary>
    private static void RedactTags(Activity? activity, StepSecrets secrets)
    {
        if (activity is null || secrets.IsEmpty)
        {
            return;
        }

        foreach ((string key, object? value) in activity.TagObjects.ToArray())
        {
            if (value is string text)
            {
                activity.SetTag(key, secrets.Redact(text));
            }
        }
    }

    private async Task<StepOutcome> RunCoreAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        if (attempt.Step.Lost >= options.MaximumLostAttempts)
        {
            return new StepOutcome.Failed(
                FormattableString.Invariant($"{attempt.Step.Lost} attempts were lost, with their workers or to an outage; the step is not tried again."), StepFailureKind.Lost);
        }

        try
        {
            if (await attempt.UseStorageAsync(PrepareAsync(attempt, carried)).ConfigureAwait(false) is { } known)
            {
                return known;
            }

            StepOutput output = await RunWithinLimitAsync(attempt).ConfigureAwait(false);
            if (attempt.AbortReason == AbortReason.TimedOut)
            {
                return TimedOut(attempt);
            }

            if (output.Question is { } question)
            {
                return new StepOutcome.Asked(question);
            }

            attempt.Secrets.RequireNone(output.Payload, $"The result of '{attempt.Step.Key}'");
            StoredPayload payload = await pipelines.Payloads.StoreAsync(attempt, output.Payload).ConfigureAwait(false);
            return Examine(attempt, output, payload);
        }
        catch (Exception exception)
        {
            return Judge(attempt, exception);
        }
    }

    /// <summary>Loads the inputs; the result that the cache has, where it has one.</summary>
    private async ValueTask<StepOutcome.Cached?> PrepareAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        await _inputs.LoadAsync(attempt, carried).ConfigureAwait(false);
        if (attempt.Node.Cache is not { } policy || await _cache.FindAsync(attempt, policy).ConfigureAwait(false) is not { } known)
        {
            return null;
        }

        bool? isLast = attempt.Node.Decides
            ? attempt.Node.Decide(await pipelines.Payloads.LoadAsync(known.Payload, attempt.CancellationToken).ConfigureAwait(false))
            : null;
        return new StepOutcome.Cached(known, isLast);
    }

    internal static StepOutcome Examine(StepAttempt attempt, StepOutput output, StoredPayload payload)
    {
        if (output.Checks.Count == 0)
        {
            return new StepOutcome.Succeeded(output, payload);
        }

        CheckResult[] checks = [.. output.Checks.Select(check => check with { Problem = check.Problem is { } problem ? Show(attempt, problem) : null })];
        CheckResult? blocking = Array.Find(checks, static check => check.Outcome == CheckOutcome.Blocked);
        return blocking is null
            ? new StepOutcome.Succeeded(output with { Checks = checks }, payload)
            : new StepOutcome.Failed(StoredText.Clean($"Check '{blocking.Name}': {blocking.Problem}"), StepFailureKind.CheckFailed) { Quarantined = (payload, checks) };
    }

    /// <summary>A text as it may be stored and shown.</summary>
    private static string Show(StepAttempt attempt, string text) => StoredText.Clean(attempt.Secrets.Redact(text));

    private static string Describe(StepAttempt attempt, Exception exception) => Show(attempt, $"{exception.GetType()}: {exception.Message}");

    internal static StepOutcome Judge(StepAttempt attempt, Exception exception) => attempt.AbortReason switch
    {
        AbortReason.WorkerStopping => new StepOutcome.Released("The worker stops."),
        AbortReason.LeaseLost => new StepOutcome.Released("The worker lost its lease."),
        AbortReason.RunCancelled => new StepOutcome.Dropped(),
        AbortReason.TimedOut => TimedOut(attempt),
        _ => exception switch
        {
            PreemptedStepException => new StepOutcome.Preempted(Show(attempt, exception.Message)),

            // The database or the store of artifacts is away, or refuses what the engine stores there, which is no fault of the step; and it must not
            // come back to a storm of attempts.
            StorageException storage when storage.IsTransient || ReferenceEquals(storage, attempt.Refusal) => new StepOutcome.Preempted(Describe(attempt, exception)) { MinimumDelay = OutageDelay },
            StepRejectedException => new StepOutcome.Failed(Show(attempt, exception.Message), StepFailureKind.Rejected),
            PermanentStepException => new StepOutcome.Failed(Describe(attempt, exception), StepFailureKind.Permanent),
            _ => new StepOutcome.Failed(Describe(attempt, exception), StepFailureKind.Error),
        },
    };

    private static StepOutcome.Failed TimedOut(StepAttempt attempt) =>
        new(FormattableString.Invariant($"The attempt took longer than {attempt.Node.Timeout}."), StepFailureKind.TimedOut);

    private async Task<StepOutput> RunWithinLimitAsync(StepAttempt attempt)
    {
        if (attempt.Node.Timeout is not { } limit)
        {
            return await attempt.RunAsync(scopes).ConfigureAwait(false);
        }

        // Not on this thread: a step that blocks it must not keep its own limit from being noticed.
        Task<StepOutput> run = Task.Run(() => attempt.RunAsync(scopes));
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
}
