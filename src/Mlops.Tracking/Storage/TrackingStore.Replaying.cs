namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>Stores batches of one writer as one, those that were stored before left out.</summary>
    async Task<IReadOnlyList<ParameterConflict>> ITrackingStore.AppendAsync(IReadOnlyList<RunAppend> records, CancellationToken cancellationToken)
    {
        RunRow run = await GetRowAsync(records[0].RunId, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            long stored = await FindSequenceAsync(run.Key, records[0].Writer, cancellationToken).ConfigureAwait(false);
            RunAppend[] fresh = [.. records.Where(record => record.Sequence > stored)];
            if (fresh.Length == 0)
            {
                return [];
            }

            // A commit whose answer was lost may come in between: then they are looked at again.
            RunBatch batch = await EncodeAsync(run, RunAppend.Merge(fresh), cancellationToken).ConfigureAwait(false) with { Follows = stored };
            AppendOutcome outcome = await AppendAsync(batch, cancellationToken).ConfigureAwait(false);
            if (!outcome.IsOutOfTurn)
            {
                if (outcome.PackingIsDue || batch.End is not null)
                {
                    await PackAsync(run.Key, cancellationToken).ConfigureAwait(false);
                }

                return outcome.Conflict?.Conflicts ?? [];
            }
        }
    }

    /// <summary>The number of the writer's last write to the run; 0 for none.</summary>
    private async ValueTask<long> FindSequenceAsync(long run, long writer, CancellationToken cancellationToken)
    {
        List<long> found = await _database.QueryAsync(
            "SELECT sequence FROM tracking_writer WHERE run = @run AND writer = @writer",
            static row => row.GetInt64(0), cancellationToken, ("@run", run), ("@writer", writer)).ConfigureAwait(false);
        return found.Count == 0 ? 0 : found[0];
    }

    private async Task<RunBatch> EncodeAsync(RunRow run, RunAppend record, CancellationToken cancellationToken)
    {
        var encoder = new BlockEncoder();
        foreach (string name in record.Names)
        {
            encoder.SeriesOf(name);
        }

        encoder.AddKeys(await InternAsync(run.Id, encoder.TakeNewNames(), cancellationToken).ConfigureAwait(false));
        (MetricBlock? block, SeriesTotals[] totals) = encoder.Encode(record.Points);
        return new RunBatch
        {
            Run = run.Key,
            RunId = run.Id,
            Writer = record.Writer,
            Sequence = record.Sequence,
            Owner = record.Owner,
            Environment = record.Environment,
            Block = block,
            Totals = totals,
            Parameters = record.Parameters,
            Tags = record.Tags,
            Dropped = record.Dropped,
            End = record.End,
        };
    }
}
