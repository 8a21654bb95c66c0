using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// Starts the runs of schedules when they are due, and those of what sensors see. Any number of schedulers, in any number of processes, may follow the same schedules on
/// one database: every due time is dealt with once.
/// </summary>
public sealed partial class PipelineScheduler : IAsyncDisposable
{
    /// <summary>The longest sleep, so that a clock that was set is noticed.</summary>
    internal static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    /// <summary>How often a due run, and a backfill, looks whether runs before are over, and whoever the store has failed, whether it is back.</summary>
    private static readonly TimeSpan QueueInterval = TimeSpan.FromSeconds(1);

    private readonly Pipelines _pipelines;
    private readonly PipelineSchedule[] _schedules;
    private readonly PipelineSensor[] _sensors;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;
    private int _disposed;

    /// <summary>Prepares a scheduler without starting it.</summary>
    /// <param name="pipelines">Knows the pipelines of the schedules.</param>
    /// <param name="schedules">What it follows.</param>
    /// <param name="logger">Null to log nothing.</param>
    /// <param name="timeProvider">The clock that says what is due; null for the host's.</param>
    /// <param name="sensors">What it looks for besides; null for nothing.</param>
    /// <exception cref="ArgumentException">Two schedules, or two sensors, have one name.</exception>
    /// <exception cref="InvalidOperationException">The pipeline of a schedule or sensor is not known.</exception>
    public PipelineScheduler(
        Pipelines pipelines,
        IEnumerable<PipelineSchedule> schedules,
        ILogger<PipelineScheduler>? logger = null,
        TimeProvider? timeProvider = null,
        IEnumerable<PipelineSensor>? sensors = null)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentNullException.ThrowIfNull(schedules);
        _pipelines = pipelines;
        _schedules = [.. schedules];
        _sensors = [.. sensors ?? []];
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<PipelineScheduler>.Instance;
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (PipelineSchedule schedule in _schedules)
        {
            schedule.GraphIn(pipelines);
            if (!names.Add(schedule.Name))
            {
                throw new ArgumentException($"Two schedules are named '{schedule.Name}'.", nameof(schedules));
            }

            pipelines.Know(schedule);
        }

        names.Clear();
        foreach (PipelineSensor sensor in _sensors)
        {
            sensor.GraphIn(pipelines);
            if (!names.Add(sensor.Name))
            {
                throw new ArgumentException($"Two sensors are named '{sensor.Name}'.", nameof(sensors));
            }
        }
    }

    /// <summary>Begins. Starting twice does nothing.</summary>
    public void Start() => _running ??= Task.Run(() => RunAsync(_stop.Token));

    /// <summary>Starts nothing more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_running is { } running)
        {
            await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await StopAsync().ConfigureAwait(false);
            _stop.Dispose();
        }
    }

    /// <summary>Follows the schedules until the token fires.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        // Each at its own pace: a sensor that takes long to look holds up no schedule.
        await Task.WhenAll(
        [
            FollowAllAsync(_schedules, FollowAsync, schedule => schedule.Name, stopping),
            .. _sensors.Select(sensor => FollowAllAsync([sensor], FollowAsync, static one => one.Name, stopping)),
        ]).ConfigureAwait(false);
    }

    private async Task FollowAllAsync<T>(T[] followed, Func<T, CancellationToken, Task<TimeSpan>> followAsync, Func<T, string> name, CancellationToken stopping)
    {
        while (followed.Length > 0 && !stopping.IsCancellationRequested)
        {
            TimeSpan sleep = LongestSleep;
            foreach (T one in followed)
            {
                try
                {
                    TimeSpan wait = await followAsync(one, stopping).ConfigureAwait(false);
                    sleep = wait < sleep ? wait : sleep;
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception)
                {
                    // Also where the user's code throws: what is due stays due, and the others go on.
                    WorkerLog.ScheduleFailed(_logger, name(one), exception);
                    if (exception is StorageException { IsTransient: true } && QueueInterval < sleep)
                    {
                        sleep = QueueInterval;
                    }
                }
            }

            await Task.Delay(sleep, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Starts what is due of one schedule.</summary>
    /// <returns>How long nothing will be due.</returns>
    internal async Task<TimeSpan> FollowAsync(PipelineSchedule schedule, CancellationToken cancellationToken)
    {
        PipelineVersions versions = await _pipelines.RegisterAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        PipelineGraph graph = schedule.GraphIn(_pipelines);
        (DateTimeOffset cursor, bool isPaused) = await _pipelines.Store.EnterScheduleAsync(schedule, graph.Pipeline, now, cancellationToken).ConfigureAwait(false);
        bool backfills = await BackfillAsync(schedule, graph, versions.IdOf(graph), cancellationToken).ConfigureAwait(false);
        if (isPaused)
        {
            return backfills ? QueueInterval : LongestSleep;
        }

        foreach (DateTimeOffset due in schedule.Due(cursor, now))
        {
            DataInterval interval = IntervalOf(schedule, due);
            using Activity? activity = OrchestrationTelemetry.StartRun(graph.Pipeline);
            var run = new NewRun(
                graph, versions.IdOf(graph), Guid.CreateVersion7(now).ToString("N"), schedule.Parameters(graph, interval), IdempotencyKey: null, Activity.Current?.Id)
            {
                Urgency = RunPriority.High - schedule.Options.Priority,
                Schedule = schedule.Name,
                Partition = interval,
                PartitionOf = schedule.Name,
            };
            _pipelines.Reach(ExecutionPoint.BeforeTick);
            DueResult result = await _pipelines.Store.StartDueAsync(run, due, schedule.Options.Overlap, cancellationToken).ConfigureAwait(false);
            _pipelines.Reach(ExecutionPoint.AfterTick);
            OrchestrationTelemetry.EndStart(activity, result.RunId);
            foreach (RunEnd earlier in result.Cancelled)
            {
                _pipelines.Report(earlier);
            }

            if (result.Outcome == ScheduleOutcome.Started)
            {
                _pipelines.SignalWork();
                _pipelines.Changes.Pulse();
            }
            else if (result.Outcome == ScheduleOutcome.Waits)
            {
                return QueueInterval;
            }
            else if (result.Outcome == ScheduleOutcome.Skipped)
            {
                WorkerLog.RunSkipped(_logger, schedule.Name, due);
            }
        }

        if (schedule.Times.Next(cursor) <= now)
        {
            // What was missed and is not started is dealt with as well; but not up to now, where another form of the schedule may have a time.
            await _pipelines.Store.MoveScheduleAsync(schedule.Name, schedule.Times.Previous(now) ?? now, cancellationToken).ConfigureAwait(false);
        }

        TimeSpan sleep = schedule.Times.Next(now) is { } next ? next - now : LongestSleep;
        return backfills && sleep > QueueInterval ? QueueInterval : sleep;
    }
}
