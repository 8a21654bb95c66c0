namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    /// <summary>
    /// Runs a schedule's pipeline for past intervals: those of its partitions that lie within a range, oldest first. Costs one row however many
    /// there are; runs are made as others end, by any <see cref="PipelineScheduler"/> that follows the schedule. The schedule's way to overlap
    /// and to catch up has no part in it.
    /// </summary>
    /// <param name="schedule">The name of a schedule of this process, or of one that some process follows, or has followed, on the database.</param>
    /// <param name="from">Partitions that start here or later.</param>
    /// <param name="to">Partitions that end here or earlier.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The new backfill, or the first one with the same idempotency key, whatever its range: <see cref="BackfillStatus.Range"/> says it.</returns>
    /// <exception cref="ArgumentException">There is no such schedule here, nor has a process followed one, the range is empty, or an option is out of its range.</exception>
    public async Task<BackfillStatus> BackfillAsync(
        string schedule, DateTimeOffset from, DateTimeOffset to, BackfillOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(schedule);
        options ??= new BackfillOptions();
        if (to <= from)
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, FormattableString.Invariant($"The range ends before it starts, at {from:O}."));
        }

        if (options.MaximumActive is < 1 or > 1_000 || options.Partitions == BackfillPartitions.None || (options.Partitions & ~BackfillPartitions.All) != BackfillPartitions.None
            || !Enum.IsDefined(options.Priority) || options.IdempotencyKey is { Length: 0 or > MaximumKeyLength })
        {
            throw new ArgumentException($"Allowed are 1 to 1 000 runs at once, partitions and a priority that exist, and a key of 1 to {MaximumKeyLength} characters; got {options}.", nameof(options));
        }

        long id = await Store.AddBackfillAsync(schedule, _schedules.ContainsKey(schedule), from, to, options, cancellationToken).ConfigureAwait(false)
            ?? throw new ArgumentException(
                $"There is no schedule '{schedule}' here, and no process has followed one on this database; name one that is, or start a process that follows it.", nameof(schedule));
        return (await Store.FindBackfillAsync(id, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>A backfill; null when there is none of this id.</summary>
    public Task<BackfillStatus?> FindBackfillAsync(long id, CancellationToken cancellationToken = default) =>
        Store.FindBackfillAsync(id, cancellationToken);

    /// <summary>Lets a backfill start nothing until <see cref="ResumeBackfillAsync"/>; runs that it started go on.</summary>
    /// <returns>False when it does not run.</returns>
    public Task<bool> PauseBackfillAsync(long id, CancellationToken cancellationToken = default) =>
        Store.ChangeBackfillAsync(id, BackfillState.Running, BackfillState.Paused, cancellationToken);

    /// <summary>Lets a paused backfill go on.</summary>
    /// <returns>False when it is not paused.</returns>
    public Task<bool> ResumeBackfillAsync(long id, CancellationToken cancellationToken = default) =>
        Store.ChangeBackfillAsync(id, BackfillState.Paused, BackfillState.Running, cancellationToken);

    /// <summary>Ends a backfill; runs that it started go on.</summary>
    /// <returns>False when it was over already.</returns>
    public async Task<bool> CancelBackfillAsync(long id, CancellationToken cancellationToken = default) =>
        await Store.ChangeBackfillAsync(id, BackfillState.Running, BackfillState.Cancelled, cancellationToken).ConfigureAwait(false)
        || await Store.ChangeBackfillAsync(id, BackfillState.Paused, BackfillState.Cancelled, cancellationToken).ConfigureAwait(false);
}
