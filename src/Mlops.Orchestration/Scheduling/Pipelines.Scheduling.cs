using System.Collections.Concurrent;

namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private readonly ConcurrentDictionary<string, bool> _schedules = new(StringComparer.Ordinal);

    /// <summary>The schedules that any process has followed on the database, by name.</summary>
    public async Task<IReadOnlyList<ScheduleStatus>> ListSchedulesAsync(CancellationToken cancellationToken = default) =>
        await Store.ListSchedulesAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Lets a schedule start nothing until <see cref="ResumeScheduleAsync"/>; what becomes due meanwhile counts as missed.</summary>
    /// <returns>False when it is paused already or no process has followed it.</returns>
    public Task<bool> PauseScheduleAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Store.PauseScheduleAsync(name, pause: true, cancellationToken);
    }

    /// <summary>Lets a paused schedule go on; what it missed is caught up with as it says.</summary>
    /// <returns>False when it is not paused.</returns>
    public Task<bool> ResumeScheduleAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Store.PauseScheduleAsync(name, pause: false, cancellationToken);
    }

    /// <summary>Takes a schedule for one of this process, whether it has been followed yet or not.</summary>
    internal void Know(PipelineSchedule schedule) => _schedules.TryAdd(schedule.Name, true);
}
