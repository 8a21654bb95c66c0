using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Stores the batches of a journal in their order, and sets aside what the store will not take, so that the others follow.</summary>
internal sealed class JournalReplay
{
    // Batches are read in windows and stored as one per writer.
    private const int WindowBytes = 1 << 20;

    private readonly ITrackingStore _store;
    private readonly BatchesAside _refused;
    private readonly BatchesAside _unknownRuns;
    private readonly TrackingTelemetry _telemetry;
    private readonly ILogger _logger;

    public JournalReplay(ITrackingStore store, TrackingOptions options, JournalDisk disk, TrackingTelemetry telemetry, ILogger logger)
    {
        _store = store;
        _refused = new BatchesAside(options.JournalFolder!, "refused", options.JournalMaximumBytes, disk);
        _unknownRuns = new BatchesAside(options.JournalFolder!, "unknown-runs", options.JournalMaximumBytes, disk);
        _telemetry = telemetry;
        _logger = logger;
    }

    /// <summary>Stores what a file holds behind a position; how many batches were stored.</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">Where to begin, in bytes.</param>
    /// <param name="onStored">Told how far everything is stored or set aside: not to be read again.</param>
    /// <param name="cancellationToken">Stops it between two writes.</param>
    public async Task<long> ReplayAsync(JournalFile file, long position, Action<long> onStored, CancellationToken cancellationToken)
    {
        long stored = 0;
        while (true)
        {
            List<RunAppend> window = ReadWindow(file, ref position);
            foreach (IGrouping<(string RunId, long Writer), RunAppend> group in window.GroupBy(static batch => (batch.RunId, batch.Writer)))
            {
                stored += await StoreAsync([.. group], cancellationToken).ConfigureAwait(false);
            }

            onStored(position);
            if (window.Count == 0)
            {
                return stored;
            }
        }
    }

    /// <summary>Sets aside a batch that the store will never take.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="failure">What the store said.</param>
    /// <param name="isAcknowledged">Whether its items were counted as taken: of others it is the caller who counts the loss.</param>
    public void SetAside(RunAppend batch, Exception failure, bool isAcknowledged)
    {
        string why = StoreFailure.Describe(failure);
        if (StoreFailure.IsUnknownRun(failure))
        {
            SetAsideOfUnknownRun([batch], why, isAcknowledged);
        }
        else if (TryKeep(_refused, batch, why, isAcknowledged))
        {
            _logger.BatchRefused(batch.RunId, why, _refused.Name);
        }
    }

    /// <summary>Stores batches of one writer together; how many were stored.</summary>
    private async Task<int> StoreAsync(RunAppend[] batches, CancellationToken cancellationToken)
    {
        string runId = batches[0].RunId;
        try
        {
            foreach (ParameterConflict conflict in await _store.AppendAsync(batches, cancellationToken).ConfigureAwait(false))
            {
                _logger.ParameterRefused(conflict.Key, runId);
            }

            return batches.Length;
        }
        catch (Exception exception) when (StoreFailure.IsUnknownRun(exception))
        {
            // They may be another database's.
            SetAsideOfUnknownRun(batches, StoreFailure.Describe(exception), isAcknowledged: true);
            return 0;
        }
        catch (Exception exception) when (StoreFailure.IsRefusal(exception))
        {
            if (batches is [RunAppend refused])
            {
                SetAside(refused, exception, isAcknowledged: true);
                await StoreRestAsync(refused, cancellationToken).ConfigureAwait(false);
                return 0;
            }
        }

        // One of them is refused, and the others are not to suffer for it.
        int half = batches.Length / 2;
        return await StoreAsync(batches[..half], cancellationToken).ConfigureAwait(false)
            + await StoreAsync(batches[half..], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What holds although a batch was refused: that the run lacks its items, and its end.</summary>
    private async Task StoreRestAsync(RunAppend refused, CancellationToken cancellationToken)
    {
        if (refused.Items == 0)
        {
            return;
        }

        try
        {
            await _store.AppendAsync([refused.WithoutItems()], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (StoreFailure.IsRefusal(exception) || StoreFailure.IsUnknownRun(exception))
        {
            // Said already.
        }
    }

    private void SetAsideOfUnknownRun(RunAppend[] batches, string why, bool isAcknowledged)
    {
        int kept = batches.Count(batch => TryKeep(_unknownRuns, batch, why, isAcknowledged));
        if (kept > 0)
        {
            _logger.BatchesOfUnknownRun(kept, batches[0].RunId, _unknownRuns.Name);
        }
    }

    /// <summary>Keeps a batch, and counts it the first time; true when that is now and there was room.</summary>
    private bool TryKeep(BatchesAside folder, RunAppend batch, string why, bool isAcknowledged)
    {
        BatchAside outcome = folder.Keep(batch, why);
        switch (outcome)
        {
            case BatchAside.Kept:
                _telemetry.SetAside(folder.Name);
                break;
            case BatchAside.Lost:
                if (isAcknowledged)
                {
                    _telemetry.Dropped(batch.Items);
                }

                _logger.BatchNotKept(batch.RunId, batch.Items, why, folder.Name);
                break;
        }

        return outcome == BatchAside.Kept;
    }

    private static List<RunAppend> ReadWindow(JournalFile file, ref long position)
    {
        List<RunAppend> batches = [];
        long begin = position;
        while (position - begin < WindowBytes)
        {
            byte[]? bytes;
            long at = position;
            try
            {
                bytes = file.Read(ref position);
            }
            catch (JournalCorruptException) when (batches.Count > 0)
            {
                // Met again once what came before is stored.
                break;
            }

            if (bytes is null)
            {
                break;
            }

            try
            {
                batches.Add(RunAppend.Parse(bytes));
            }
            catch (InvalidDataException)
            {
                // Whole, and yet no batch: a later version's, or not written by this package.
                throw new JournalCorruptException(file.Path, at);
            }
        }

        return batches;
    }
}
