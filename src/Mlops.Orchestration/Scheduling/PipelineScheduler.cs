using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Orchestration;

/// <summary>
/// Starts the runs of schedules when they are due. Any number of schedulers, in any number of processes, may follow the same schedules on
/// one database: every due time is dealt with once.
/// </summary>
public sealed class PipelineScheduler : IAsyncDisposable
{
    /// <summary>The longest sleep, so that a clock that was set is noticed.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    private readonly Pipelines _pipelines;
    private readonly PipelineSchedule[] _schedules;
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
    /// <exception cref="ArgumentException">Two schedules have one name.</exception>
    /// <exception cref="InvalidOperationException">A schedule's pipeline is not known.</exception>
    public PipelineScheduler(
        Pipelines pipelines, IEnumerable<PipelineSchedule> schedules, ILogger<PipelineScheduler>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(pipelines);
        ArgumentNullException.ThrowIfNull(schedules);
        _pipelines = pipelines;
        _schedules = [.. schedules];
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
        while (_schedules.Length > 0 && !stopping.IsCancellationRequested)
        {
            TimeSpan sleep = LongestSleep;
            foreach (PipelineSchedule schedule in _schedules)
            {
                try
                {
                    TimeSpan wait = await FollowAsync(schedule, stopping).ConfigureAwait(false);
                    sleep = wait < sleep ? wait : sleep;
                }
                catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception)
                {
                    // Also where the user's code for the parameters throws: the time stays due, and the other schedules go on.
                    WorkerLog.ScheduleFailed(_logger, schedule.Name, exception);
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
        if (isPaused)
        {
            return LongestSleep;
        }

        foreach (DateTimeOffset due in schedule.Due(cursor, now))
        {
            var interval = new DataInterval(schedule.Times.Previous(due.AddTicks(-1)) ?? due, due);
            var run = new NewRun(
                graph, versions.IdOf(graph), Guid.CreateVersion7().ToString("N"), schedule.Parameters(graph, interval), IdempotencyKey: null, TraceParent: null)
            {
                Urgency = RunPriority.High - schedule.Options.Priority,
                Schedule = schedule.Name,
            };
            _pipelines.Reach(ExecutionPoint.BeforeTick);
            ScheduleOutcome outcome = await _pipelines.Store.StartDueAsync(run, due, schedule.Options.Overlap, cancellationToken).ConfigureAwait(false);
            _pipelines.Reach(ExecutionPoint.AfterTick);
            if (outcome == ScheduleOutcome.Started)
            {
                _pipelines.SignalWork();
                _pipelines.Changes.Pulse();
            }
            else if (outcome == ScheduleOutcome.Skipped)
            {
                WorkerLog.RunSkipped(_logger, schedule.Name, due);
            }
        }

        if (schedule.Times.Next(cursor) <= now)
        {
            // What was missed and is not started is dealt with as well.
            await _pipelines.Store.MoveScheduleAsync(schedule.Name, now, cancellationToken).ConfigureAwait(false);
        }

        return schedule.Times.Next(now) is { } next ? next - now : LongestSleep;
    }
}
