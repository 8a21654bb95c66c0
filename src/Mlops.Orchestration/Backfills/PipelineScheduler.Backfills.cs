using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Orchestration;

public sealed partial class PipelineScheduler
{
    /// <summary>How many partitions one look passes at most.</summary>
    private const int PartitionsPerLook = 1_000;

    /// <summary>Starts what backfills of a schedule have room for.</summary>
    /// <returns>Whether any of them is not over.</returns>
    private async Task<bool> BackfillAsync(PipelineSchedule schedule, PipelineGraph graph, long versionId, CancellationToken cancellationToken)
    {
        List<BackfillRow> open = await _pipelines.Store.ListOpenBackfillsAsync(schedule.Name, cancellationToken).ConfigureAwait(false);
        foreach (BackfillRow backfill in open)
        {
            try
            {
                await BackfillAsync(schedule, graph, versionId, backfill, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Where the user's code for the parameters throws: neither the schedule nor other backfills wait for it.
                WorkerLog.ScheduleFailed(_logger, schedule.Name, exception);
            }
        }

        return open.Count > 0;
    }

    private async Task BackfillAsync(PipelineSchedule schedule, PipelineGraph graph, long versionId, BackfillRow backfill, CancellationToken cancellationToken)
    {
        long room = backfill.MaximumActive - backfill.Active;
        List<DateTimeOffset> partitions = Partitions(schedule, backfill);
        if (partitions.Count == 0)
        {
            if (backfill.Active == 0)
            {
                await _pipelines.Store.ChangeBackfillAsync(backfill.Id, BackfillState.Running, BackfillState.Finished, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        if (room <= 0)
        {
            return;
        }

        Dictionary<long, PartitionRun> latest = await _pipelines.Store.ListPartitionRunsAsync(
            graph.Pipeline, schedule.Name, partitions[0], partitions[^1], cancellationToken).ConfigureAwait(false);
        long cursor = backfill.DealtWith;
        long passed = cursor;
        foreach (DateTimeOffset end in partitions)
        {
            long key = UnixMicroseconds.From(end);
            bool isCut = end == partitions[0] && UnixMicroseconds.From(IntervalOf(schedule, end).Start) < backfill.From;
            if (isCut || !IsWanted(backfill.Partitions, latest.TryGetValue(key, out PartitionRun run) ? run : null, versionId))
            {
                passed = key;
                continue;
            }

            if (room-- == 0)
            {
                break;
            }

            DataInterval partition = IntervalOf(schedule, end);
            using Activity? activity = OrchestrationTelemetry.StartRun(graph.Pipeline);
            var started = new NewRun(
                graph, versionId, Guid.CreateVersion7().ToString("N"), schedule.Parameters(graph, partition), IdempotencyKey: null, Activity.Current?.Id)
            {
                Urgency = backfill.Urgency,
                Partition = partition,
                PartitionOf = schedule.Name,
                Backfill = backfill.Id,
            };
            long? id = await _pipelines.Store.StartPartitionAsync(started, cursor, cancellationToken).ConfigureAwait(false);
            OrchestrationTelemetry.EndStart(activity, id);
            if (id is null)
            {
                // Another scheduler goes on with it, or it was paused.
                return;
            }

            cursor = passed = key;
            _pipelines.SignalWork();
            _pipelines.Changes.Pulse();
        }

        if (passed != cursor)
        {
            await _pipelines.Store.PassPartitionsAsync(backfill.Id, cursor, passed, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The ends of the next partitions.</summary>
    private static List<DateTimeOffset> Partitions(PipelineSchedule schedule, BackfillRow backfill)
    {
        List<DateTimeOffset> partitions = [];
        DateTimeOffset to = UnixMicroseconds.ToTime(backfill.To);
        for (DateTimeOffset? end = schedule.Times.Next(UnixMicroseconds.ToTime(backfill.DealtWith)); end <= to && partitions.Count < PartitionsPerLook; end = schedule.Times.Next(end.Value))
        {
            partitions.Add(end.Value);
        }

        return partitions;
    }

    private static DataInterval IntervalOf(PipelineSchedule schedule, DateTimeOffset end) => new(schedule.Times.Previous(end.AddTicks(-1)) ?? end, end);

    private static bool IsWanted(BackfillPartitions wanted, PartitionRun? latest, long versionId) => latest switch
    {
        null => wanted.HasFlag(BackfillPartitions.Missing),
        { State: PipelineRunState.Running } => false,
        { State: PipelineRunState.Succeeded } run => wanted.HasFlag(BackfillPartitions.Succeeded) || (wanted.HasFlag(BackfillPartitions.Stale) && run.VersionId != versionId),
        _ => wanted.HasFlag(BackfillPartitions.Failed),
    };
}
