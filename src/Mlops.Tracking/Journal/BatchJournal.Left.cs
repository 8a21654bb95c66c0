using System.Runtime.ExceptionServices;

namespace Mlops.Tracking;

internal sealed partial class BatchJournal
{
    /// <summary>Stores what processes that died have left in the folder.</summary>
    /// <exception cref="JournalCorruptException">A file is damaged; the others were replayed.</exception>
    /// <exception cref="IOException">A file cannot be opened or read; the others were replayed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened; the others were replayed.</exception>
    /// <exception cref="Mlops.Storage.StorageException">The store cannot be reached or written.</exception>
    public async Task<long> ReplayLeftAsync(CancellationToken cancellationToken)
    {
        long batches = 0;
        Exception? failure = null;
        string[] paths = Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*" + JournalFile.Extension) : [];
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            try
            {
                using JournalFile? file = JournalFile.TryOpen(path);
                if (file is not null)
                {
                    batches += await _replay.ReplayAsync(file, 0, static _ => { }, cancellationToken).ConfigureAwait(false);
                    file.Delete();
                }
            }
            catch (JournalCorruptException exception)
            {
                failure ??= exception;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failure ??= exception;
                _telemetry.JournalFailed(JournalFailure.Open);
                if (_unopened.TryAdd(path, 0))
                {
                    _logger.JournalNotOpened(exception, path);
                }
            }
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return batches;
    }

    /// <summary>Does so by itself when the journal is opened, until it is done.</summary>
    private async Task AdoptAsync()
    {
        bool isReported = false;
        TimeSpan pause = ShortestPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                long batches = await ReplayLeftAsync(_stopping).ConfigureAwait(false);
                if (batches > 0)
                {
                    _logger.JournalReplayed(batches);
                }

                return;
            }
            catch (Exception exception) when (exception is ObjectDisposedException || _stopping.IsCancellationRequested)
            {
                return;
            }
            catch (JournalCorruptException exception)
            {
                _logger.JournalNotReplayed(exception);
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Reported with its path.
                return;
            }
            catch (Exception exception)
            {
                ReportNotStored(exception, ref isReported);
                await PauseAsync(pause).ConfigureAwait(false);
                pause = Longer(pause);
            }
        }
    }
}
