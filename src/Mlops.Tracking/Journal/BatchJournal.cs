using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Keeps batches in a file while the store is away, and stores them in their order once it is back. Until all of them are stored,
/// later batches follow them into the file, so that no writer's sequence overtakes itself.
/// </summary>
internal sealed partial class BatchJournal : IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly JournalReplay _replay;
    private readonly string _folder;
    private readonly long _maximumBytes;
    private readonly JournalDisk _disk;
    private readonly TrackingTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, byte> _unopened = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private JournalFile? _file;
    private long _stored;
    private volatile bool _isActive;
    private volatile bool _isReachable;
    private volatile int _generation;
    private bool _isClosed;
    private bool _appendFailed;

    public BatchJournal(ITrackingStore store, TrackingOptions options, TrackingTelemetry telemetry, ILogger logger, JournalDisk? disk = null)
    {
        _folder = options.JournalFolder!;
        _maximumBytes = options.JournalMaximumBytes;
        _disk = disk ?? JournalDisk.Of(options.Durability);
        _replay = new JournalReplay(store, options, _disk, telemetry, logger);
        _telemetry = telemetry;
        _logger = logger;
        _stopping = _stop.Token;
        _ = Task.Run(AdoptAsync);
    }

    /// <summary>
    /// Grows when a file is left behind unread: who wrote to it goes on under another writer's number, or the store would take the
    /// batches in it, when somebody replays them after all, for repetitions.
    /// </summary>
    public int Generation => _generation;

    /// <summary>Whether batches wait in the file, so that others have to follow them.</summary>
    public bool IsActive => _isActive;

    /// <summary>
    /// Whether the store is back and batches still follow others into the file: their writers should take their time, or the file
    /// would never end.
    /// </summary>
    public bool IsCatchingUp => _isActive && _isReachable;

    /// <summary>Bytes that wait; those that are stored already lie before them until all are.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _isActive ? _file!.Length - Math.Max(_stored, JournalFile.Beginning) : 0;
            }
        }
    }

    /// <summary>Takes a batch; false when the journal has no room, cannot be written or is closed.</summary>
    /// <param name="record">The batch.</param>
    /// <param name="toFollow">Whether to take it only behind others: it may go to the store otherwise.</param>
    /// <param name="generation">The generation that its writer's number is of.</param>
    public bool TryAppend(byte[] record, bool toFollow, int generation)
    {
        lock (_gate)
        {
            if (_isClosed || generation != _generation || (toFollow && !_isActive))
            {
                return false;
            }

            try
            {
                _file ??= JournalFile.Create(_folder, _disk);
                if (_file.Length + record.Length > _maximumBytes)
                {
                    return false;
                }

                _file.Append(record);
                _appendFailed = false;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _telemetry.JournalFailed(JournalFailure.Write);
                if (!_appendFailed)
                {
                    _appendFailed = true;
                    _logger.JournalNotWritten(exception, _folder);
                }

                return false;
            }

            if (!_isActive)
            {
                _isActive = true;
                _isReachable = false;
                _stored = 0;
                _logger.JournalBegun(_folder);
                JournalFile file = _file;
                _ = Task.Run(() => DrainAsync(file));
            }

            return true;
        }
    }

    /// <summary>Keeps a batch that the store will never take and whose caller is told so, for people to look at.</summary>
    public void SetAside(RunAppend batch, Exception failure) => _replay.SetAside(batch, failure, isAcknowledged: false);

    /// <summary>Closes the file: an empty one goes, one with batches stays for whoever uses the folder next.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            if (_isActive)
            {
                Leave();
            }
            else
            {
                _file?.Delete();
                _file = null;
            }
        }

        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Stores the batches of the own file until none is left.</summary>
    private async Task DrainAsync(JournalFile file)
    {
        long position = 0;
        long batches = 0;
        bool isReported = false;
        TimeSpan pause = ShortestPause;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                batches += await _replay.ReplayAsync(file, position, OnStored, _stopping).ConfigureAwait(false);
                if (TryFinish(file, position))
                {
                    _logger.JournalReplayed(batches);
                    return;
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException || _stopping.IsCancellationRequested)
            {
                // The journal or the database is closed: the file waits for whoever uses the folder next.
                Leave(file);
                return;
            }
            catch (Exception exception) when (exception is JournalCorruptException or IOException or UnauthorizedAccessException)
            {
                // Later batches begin another file.
                _logger.JournalNotReplayed(exception);
                Leave(file);
                return;
            }
            catch (Exception exception)
            {
                // Still away: its return is what this waits for. What else it may be has to be mended by somebody.
                _isReachable = false;
                ReportNotStored(exception, ref isReported);
                await PauseAsync(pause).ConfigureAwait(false);
                pause = Longer(pause);
            }
        }

        void OnStored(long reached)
        {
            position = reached;
            _isReachable = true;
            isReported = false;
            pause = ShortestPause;
            lock (_gate)
            {
                _stored = reached;
            }
        }
    }

    private bool TryFinish(JournalFile file, long position)
    {
        lock (_gate)
        {
            if (_file != file || position < file.Length)
            {
                return false;
            }

            file.Clear();
            _isActive = false;
            return true;
        }
    }

    /// <summary>Leaves the file as it is, unless that has happened before.</summary>
    private void Leave(JournalFile file)
    {
        lock (_gate)
        {
            if (_file == file)
            {
                Leave();
            }
        }
    }

    private void Leave()
    {
        _file!.Dispose();
        _file = null;
        _isActive = false;
        _generation++;
    }

    /// <summary>Counts every try that failed. That the store is away was said when the journal began; anything else is said once in a row.</summary>
    private void ReportNotStored(Exception exception, ref bool isReported)
    {
        _telemetry.JournalFailed(JournalFailure.Store);
        if (!isReported && (exception is not StorageException { IsTransient: true } || !_isActive))
        {
            isReported = true;
            _logger.JournalNotStored(StoreFailure.Describe(exception), _folder);
        }
    }

    private async Task PauseAsync(TimeSpan pause) => await Task.Delay(pause, _stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;
}
