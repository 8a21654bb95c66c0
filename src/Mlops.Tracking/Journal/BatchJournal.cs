using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Keeps batches in a file while the database is away, and stores them in their order once it is back. Until all of them are stored,
/// later batches follow them into the file, so that no writer's sequence overtakes itself.
/// </summary>
internal sealed class BatchJournal : IDisposable
{
    // Batches are read in windows and stored as one per writer.
    private const int WindowBytes = 1 << 20;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ITrackingStore _store;
    private readonly string _folder;
    private readonly long _maximumBytes;
    private readonly JournalDisk _disk;
    private readonly TrackingTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, byte> _unopened = new(StringComparer.Ordinal);
    private JournalFile? _file;
    private long _stored;
    private volatile bool _isActive;
    private volatile bool _isReachable;
    private volatile bool _isClosed;
    private volatile int _generation;
    private bool _appendFailed;

    public BatchJournal(ITrackingStore store, TrackingOptions options, TrackingTelemetry telemetry, ILogger logger, JournalDisk? disk = null)
    {
        _store = store;
        _folder = options.JournalFolder!;
        _maximumBytes = options.JournalMaximumBytes;
        _disk = disk ?? JournalDisk.Of(options.Durability);
        _telemetry = telemetry;
        _logger = logger;
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
    /// Whether the database is back and batches still follow others into the file: their writers should take their time, or the file
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

    /// <summary>Takes a batch; false when the journal has no room or cannot be written.</summary>
    /// <param name="record">The batch.</param>
    /// <param name="toFollow">Whether to take it only behind others: it may go to the database otherwise.</param>
    /// <param name="generation">The generation that its writer's number is of.</param>
    public bool TryAppend(byte[] record, bool toFollow, int generation)
    {
        lock (_gate)
        {
            if (generation != _generation || (toFollow && !_isActive))
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
                _ = Task.Run(() => DrainAsync(_file));
            }

            return true;
        }
    }

    /// <summary>Stores what processes that died have left in the folder.</summary>
    /// <exception cref="JournalCorruptException">A file is damaged; the others were replayed.</exception>
    /// <exception cref="IOException">A file cannot be opened or read; the others were replayed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be opened; the others were replayed.</exception>
    /// <exception cref="StorageException">The database cannot be reached or written.</exception>
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
                    batches += await ReplayAsync(file, cancellationToken).ConfigureAwait(false);
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

    /// <summary>An empty file goes; one with batches stays for whoever uses the folder next.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (!_isActive)
            {
                Remove();
            }
        }
    }

    private async Task AdoptAsync()
    {
        bool isReported = false;
        TimeSpan pause = ShortestPause;
        while (!_isClosed)
        {
            try
            {
                long batches = await ReplayLeftAsync(CancellationToken.None).ConfigureAwait(false);
                if (batches > 0)
                {
                    _logger.JournalReplayed(batches);
                }

                return;
            }
            catch (StorageException exception)
            {
                ReportNotStored(exception, ref isReported);
                await Task.Delay(pause).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Reported with its path.
                return;
            }
            catch (Exception exception)
            {
                _logger.JournalNotReplayed(exception);
                return;
            }
        }
    }

    /// <summary>Stores the batches of the own file until none is left.</summary>
    private async Task DrainAsync(JournalFile file)
    {
        long position = 0;
        long batches = 0;
        bool isReported = false;
        TimeSpan pause = ShortestPause;
        while (true)
        {
            try
            {
                batches += await ReplayAsync(file, position, reached =>
                {
                    position = reached;
                    _isReachable = true;
                    isReported = false;
                    pause = ShortestPause;
                    lock (_gate)
                    {
                        _stored = reached;
                    }
                }, CancellationToken.None).ConfigureAwait(false);
                if (TryFinish(position))
                {
                    _logger.JournalReplayed(batches);
                    return;
                }
            }
            catch (StorageException exception)
            {
                // Still away: its return is what this waits for. What else it may be has to be mended by somebody.
                _isReachable = false;
                ReportNotStored(exception, ref isReported);
                await Task.Delay(pause).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (ObjectDisposedException)
            {
                // The database is closed: the file waits for whoever uses the folder next.
                file.Dispose();
                return;
            }
            catch (Exception exception)
            {
                _logger.JournalNotReplayed(exception);
                Abandon();
                return;
            }
        }
    }

    /// <summary>Counts every try that failed. That the database is away was said when the journal began; anything else is said once in a row.</summary>
    private void ReportNotStored(StorageException exception, ref bool isReported)
    {
        _telemetry.JournalFailed(JournalFailure.Store);
        if (!isReported && (!exception.IsTransient || !_isActive))
        {
            isReported = true;
            _logger.JournalNotStored(exception, _folder);
        }
    }

    private bool TryFinish(long position)
    {
        lock (_gate)
        {
            if (position < _file!.Length)
            {
                return false;
            }

            _file.Clear();
            _isActive = false;
            if (_isClosed)
            {
                Remove();
            }

            return true;
        }
    }

    /// <summary>Leaves a damaged file where it is; later batches begin another.</summary>
    private void Abandon()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
            _isActive = false;
            _generation++;
        }
    }

    private void Remove()
    {
        _file?.Delete();
        _file = null;
    }

    private Task<long> ReplayAsync(JournalFile file, CancellationToken cancellationToken) => ReplayAsync(file, 0, static _ => { }, cancellationToken);

    private async Task<long> ReplayAsync(JournalFile file, long position, Action<long> onStored, CancellationToken cancellationToken)
    {
        long batches = 0;
        using var aside = new DeferredFile(Path.Combine(_folder, "unknown-runs"), _disk);
        while (true)
        {
            List<RunAppend> window = ReadWindow(file, ref position);
            List<RunAppend> homeless = [];
            foreach (IGrouping<(string RunId, long Writer), RunAppend> group in window.GroupBy(static record => (record.RunId, record.Writer)))
            {
                RunAppend[] records = [.. group];
                if (await ReplayAsync(records, cancellationToken).ConfigureAwait(false) is { } conflicts)
                {
                    batches += records.Length;
                    foreach (ParameterConflict refused in conflicts)
                    {
                        _logger.ParameterRefused(refused.Key, group.Key.RunId);
                    }
                }
                else
                {
                    homeless.AddRange(records);
                    _logger.JournalOfUnknownRun(records.Length, group.Key.RunId);
                }
            }

            // Once the others are stored, so that a repeated window does not set them aside twice. They may be another database's, or their run
            // may be restored: they are not thrown away.
            homeless.ForEach(record => aside.Append(record.ToBytes()));
            onStored(position);
            if (window.Count == 0)
            {
                return batches;
            }
        }
    }

    /// <summary>Null when there is no such run, or it is deleted.</summary>
    private async Task<IReadOnlyList<ParameterConflict>?> ReplayAsync(RunAppend[] records, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.AppendAsync(records, cancellationToken).ConfigureAwait(false);
        }
        catch (TrackingException exception) when (exception is RunNotFoundException or RunDeletedException)
        {
            return null;
        }
    }

    private static List<RunAppend> ReadWindow(JournalFile file, ref long position)
    {
        List<RunAppend> records = [];
        long begin = position;
        while (position - begin < WindowBytes)
        {
            byte[]? bytes;
            long at = position;
            try
            {
                bytes = file.Read(ref position);
            }
            catch (JournalCorruptException) when (records.Count > 0)
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
                records.Add(RunAppend.Parse(bytes));
            }
            catch (InvalidDataException)
            {
                // Whole, and yet no batch: a later version's, or not written by this package.
                throw new JournalCorruptException(file.Path, at);
            }
        }

        return records;
    }

    /// <summary>A file that begins with its first record.</summary>
    private sealed class DeferredFile(string folder, JournalDisk disk) : IDisposable
    {
        private JournalFile? _file;

        public void Append(byte[] record)
        {
            _file ??= JournalFile.Create(folder, disk);
            _file.Append(record);
        }

        public void Dispose() => _file?.Dispose();
    }
}
