using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// A worker under one lease: claims steps, runs them in its slots, commits. Ends when the worker stops or the lease is lost;
/// a lost lease is followed by a new session under a new name.
/// </summary>
internal sealed partial class WorkerSession : IDisposable
{
    /// <summary>About a second.</summary>
    private const int MaximumMisses = 100;

    private readonly Pipelines _pipelines;
    private readonly PipelineVersions _versions;
    private readonly PipelineWorkerOptions _options;
    private readonly StepExecutor _executor;
    private readonly OrchestrationTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly HeldLease _lease;
    private readonly string _name;
    private readonly RunCommits _commits;
    private readonly WakeSignal _wake = new();
    private readonly IDisposable _work;
    private readonly CancellationTokenSource _ended;
    private readonly ConcurrentDictionary<StepAttempt, bool> _running = new();

    /// <summary>Claims on their way to a slot.</summary>
    private readonly ConcurrentDictionary<(long Run, string Key, long Epoch), bool> _claimed = new();

    private readonly ClaimCalls _calls = new();

    /// <summary>Slots with a step. Not the tasks: who is woken by the end of a step must find its slot free, although its task has still to end.</summary>
    private int _busy;

    private readonly Lock _slotGate = new();
    private readonly List<Task> _slots = [];

    private readonly Random _jitter;

    /// <summary>Claims in a row that found nothing, although something was due.</summary>
    private int _misses;

    /// <summary>Null where the worker claims its steps itself.</summary>
    private readonly IStepDispatcher? _dispatcher;

    public WorkerSession(
        Pipelines pipelines,
        PipelineVersions versions,
        PipelineWorkerOptions options,
        StepExecutor executor,
        OrchestrationTelemetry telemetry,
        ILogger logger,
        HeldLease lease,
        IStepDispatcher? dispatcher,
        CancellationToken stopping)
    {
        _pipelines = pipelines;
        _commits = new RunCommits(pipelines.Store);
        _versions = versions;
        _options = options;
        _executor = executor;
        _telemetry = telemetry;
        _logger = logger;
        _lease = lease;
        _name = lease.Lease.Name;
        _jitter = new Random(_name.GetHashCode(StringComparison.Ordinal));
        _dispatcher = dispatcher;
        _free = new SemaphoreSlim(options.MaximumConcurrentSteps);
        _work = pipelines.OnWork(_wake.Set);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost);
    }

    private bool Ended => _ended.IsCancellationRequested;

    /// <summary>Works until the token fires or the lease is lost; returns when every step has ended or been given back.</summary>
    public async Task RunAsync()
    {
        _pipelines.Attach(this);
        try
        {
            await _pipelines.Store.AnnounceAsync(_name, _versions.Ids, _ended.Token).ConfigureAwait(false);
            WorkerLog.WorkerStarted(_logger, _name, string.Join(", ", _pipelines.Graphs.Select(static graph => graph.Pipeline)));
            await Task.WhenAll(
                OrEndAsync(_dispatcher is null ? ClaimLoopAsync() : DispatchLoopAsync(_dispatcher)),
                OrEndAsync(RepeatAsync(WatchOverOwnAsync, _options.WatchInterval < SweepInterval ? _options.WatchInterval : SweepInterval)),
                OrEndAsync(RepeatAsync(SweepAsync, SweepInterval))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Ended)
        {
            // Stopped before it had begun.
        }
        finally
        {
            await DrainAsync().ConfigureAwait(false);
            _pipelines.Detach(this);
        }
    }

    /// <summary>Ends what it runs of a run that is over.</summary>
    public void AbortRun(long runId)
    {
        foreach (StepAttempt attempt in _running.Keys)
        {
            if (attempt.Step.Run.Id == runId)
            {
                attempt.Abort(AbortReason.RunCancelled);
            }
        }
    }

    public void Dispose()
    {
        _work.Dispose();
        _ended.Dispose();
    }

    /// <summary>A worker whose loop has broken must not keep its lease: nobody would take over its steps.</summary>
    private async Task OrEndAsync(Task loop)
    {
        try
        {
            await loop.ConfigureAwait(false);
        }
        finally
        {
            await _ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task ClaimLoopAsync()
    {
        while (!Ended)
        {
            try
            {
                await ClaimAsync().ConfigureAwait(false);
                await WaitForWorkAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (Ended)
            {
                return;
            }
            catch (StorageException exception)
            {
                WorkerLog.StorageFailed(_logger, exception);
                await Task.Delay(_options.LongestCommitPause, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ClaimAsync()
    {
        while (!Ended)
        {
            int free = CountFreeSlots();
            if (free == 0)
            {
                return;
            }

            using ClaimCalls.Call call = _calls.Begin();

            // Not withdrawn: a claim that the writer has taken must be run or given back.
            _pipelines.Reach(ExecutionPoint.BeforeClaim);
            bool overtakes = _misses > MaximumMisses;
            List<ClaimedStep> steps = await _pipelines.Store.ClaimAsync(_name, free, CancellationToken.None, overtakes).ConfigureAwait(false);
            if (steps.Count == 0)
            {
                return;
            }

            if (!overtakes)
            {
                _misses = 0;
            }

            _pipelines.Reach(ExecutionPoint.AfterClaim);
            _pipelines.Changes.Pulse();
            foreach (ClaimedStep step in steps)
            {
                _ = BeginSlot(step);
            }
        }
    }

    /// <summary>Until somebody in this process signals work, or the database has work that is due.</summary>
    private async Task WaitForWorkAsync()
    {
        if (!await IsWorkDueAsync().ConfigureAwait(false))
        {
            _misses = 0;
        }
        else if (++_misses <= MaximumMisses)
        {
            // Others hold the rows of what is due, for as long as a transaction takes.
            await _wake.WaitAsync(TimeSpan.FromMilliseconds(_jitter.Next(5, 21)), _ended.Token).ConfigureAwait(false);
            return;
        }

        while (!await _wake.WaitAsync(_options.PollInterval, _ended.Token).ConfigureAwait(false))
        {
            if (await IsWorkDueAsync().ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private async Task<bool> IsWorkDueAsync() =>
        CountFreeSlots() > 0
        && await _pipelines.Store.ReadNextWakeAsync(_ended.Token).ConfigureAwait(false) is { } due
        && due <= await _pipelines.Store.ReadClockAsync(_ended.Token).ConfigureAwait(false);
}
