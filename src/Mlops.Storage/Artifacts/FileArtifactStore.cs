using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>
/// Artifacts in a folder, as <c>aa/bb/&lt;hash&gt;</c>. A file is written under a temporary name, flushed, renamed, and its folder
/// flushed, so that it appears whole or not at all. Several processes may share the folder on a local disk. Memory use does not
/// depend on the size of an artifact. Thread-safe.
/// </summary>
public sealed class FileArtifactStore : IArtifactStore, IArtifactListing
{
    private const int BufferBytes = 128 * 1024;
    private const string StagingFolder = "staging";

    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Action<FileStream> _flushFile;
    private readonly Action<string> _flushFolder;
    private int _swept;

    /// <summary>Prepares a store; the folder is created by the first artifact.</summary>
    /// <param name="folder">A folder that belongs to the store alone.</param>
    /// <param name="timeProvider">Tells how old the leftovers of crashed writers are; null for the host's clock.</param>
    public FileArtifactStore(string folder, TimeProvider? timeProvider = null)
        : this(folder, timeProvider, FlushFile, DirectorySync.Flush)
    {
    }

    /// <summary>With other flushes than those of the operating system, for tests that watch their order.</summary>
    internal FileArtifactStore(string folder, TimeProvider? timeProvider, Action<FileStream> flushFile, Action<string> flushFolder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);

        // A separator at the end would cut the names in messages short.
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _time = timeProvider ?? TimeProvider.System;
        _flushFile = flushFile;
        _flushFolder = flushFolder;
    }

    /// <summary>The full path of the folder.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public string? LocalFolder => Folder;

    /// <inheritdoc/>
    public async ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        string path = Path.Combine(Folder, StagingFolder, Guid.NewGuid().ToString("N"));
        FileStream file = Store(() =>
        {
            CreateFolder(Path.GetDirectoryName(path));
            RefuseLinks(path);
            SweepOnce();
            return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        });
        try
        {
            await using (file.ConfigureAwait(false))
            {
                return new StagedFile(this, path, await CopyAsync(content, file, cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            TryDelete(path);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Open<Stream>(hash, path => new VerifyingStream(
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan), hash)));
    }

    /// <inheritdoc/>
    public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        cancellationToken.ThrowIfCancellationRequested();
        SafeFileHandle file = Open(hash, static path => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous));
        long left = RandomAccess.GetLength(file) - offset;
        if (left < 0)
        {
            file.Dispose();
            throw new ArtifactRangeException(hash, offset, offset + left);
        }

        return ValueTask.FromResult<Stream>(new FileSlice(file, offset, Math.Min(length ?? left, left), ownsFile: true));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(File.Exists(PathOf(hash)));
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = PathOf(hash);
        Store(() =>
        {
            if (File.Exists(path))
            {
                RefuseLinks(path);
                File.Delete(path);
                _flushFolder(Path.GetDirectoryName(path)!);
            }

            return true;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredArtifact> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(Folder))
        {
            yield break;
        }

        foreach (FileInfo file in new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ContentHash.TryParse(file.Name, out ContentHash hash) && file.FullName == PathOf(hash) && file is { LinkTarget: null })
            {
                yield return new StoredArtifact(hash, file.Length);
            }
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private T Open<T>(ContentHash hash, Func<string, T> open)
    {
        string path = PathOf(hash);
        try
        {
            RefuseLinks(path);
            return open(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtifactNotFoundException(hash);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Reading artifact {hash} in '{Folder}': {exception.Message}", exception);
        }
    }

    private async ValueTask<StoredArtifact> CopyAsync(Stream content, FileStream file, CancellationToken cancellationToken)
    {
        StoredArtifact artifact = await HashingCopy.WriteAsync(content, file, exception => Failure(file.Name, exception), cancellationToken).ConfigureAwait(false);
        Flush(file);
        return artifact;
    }

    private static void FlushFile(FileStream file) => RandomAccess.FlushToDisk(file.SafeFileHandle);

    private void Flush(FileStream file)
    {
        try
        {
            _flushFile(file);
        }
        catch (IOException exception)
        {
            throw Failure(file.Name, exception);
        }
    }

    private void Publish(string staged, ContentHash hash) => Store(() =>
    {
        string path = PathOf(hash);
        string folder = Path.GetDirectoryName(path)!;
        CreateFolder(folder);
        RefuseLinks(path);
        try
        {
            // Replacing equal bytes by equal bytes also heals a file that the disk has damaged.
            File.Move(staged, path, overwrite: true);
        }
        catch (Exception exception) when (OperatingSystem.IsWindows() && exception is IOException or UnauthorizedAccessException && File.Exists(path))
        {
            // A reader holds the file open. It has these bytes, or reading it says so.
            TryDelete(staged);
        }

        _flushFolder(folder);
        return true;
    });

    private string PathOf(ContentHash hash)
    {
        string name = hash.ToString();
        return Path.Combine(Folder, name[..2], name[2..4], name);
    }

    /// <summary>
    /// Creates the missing folders, those above the store's too, and makes each survive loss of power. Whether another process that created one
    /// has done so cannot be seen, so the store's own are made to survive once by every process.
    /// </summary>
    private void CreateFolder(string? folder)
    {
        if (folder is null || (Directory.Exists(folder) && (folder.Length < Folder.Length || _durable.ContainsKey(folder))))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(folder);
        CreateFolder(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null)
        {
            _flushFolder(parent);
        }

        // At most the store, its staging folder and two levels of 256.
        _durable.TryAdd(folder, true);
    }

    /// <summary>Nothing that the store writes is a link, so a link was put there to lead out of the folder.</summary>
    private void RefuseLinks(string path)
    {
        for (string entry = path; entry.Length > Folder.Length; entry = Path.GetDirectoryName(entry)!)
        {
            if (new FileInfo(entry).LinkTarget is not null)
            {
                throw new StorageException($"Opening an artifact in '{Folder}': '{entry[(Folder.Length + 1)..]}' is a symbolic link, which the store never writes. Remove it and check who may write to the folder.");
            }
        }
    }

    /// <summary>Once per process: removes what crashed writers left behind. A writer that lives touches its file far more often.</summary>
    private void SweepOnce()
    {
        if (Interlocked.Exchange(ref _swept, 1) != 0)
        {
            return;
        }

        DateTime oldest = (_time.GetUtcNow() - LeftoverAge).UtcDateTime;
        foreach (FileInfo leftover in new DirectoryInfo(Path.Combine(Folder, StagingFolder)).EnumerateFiles())
        {
            if (leftover.LastWriteTimeUtc < oldest)
            {
                TryDelete(leftover.FullName);
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A later sweep removes it.
        }
    }

    private T Store<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(Folder, exception);
        }
    }

    private static StorageException Failure(string path, Exception exception) => new(
        $"Storing an artifact in '{path}': {exception.Message} Check that the folder may be written to and that the disk has space.", exception);

    private sealed class StagedFile(FileArtifactStore store, string path, StoredArtifact artifact) : StagedArtifact(artifact)
    {
        private bool _published;

        public override ValueTask PublishAsync(CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_published)
            {
                store.Publish(path, Artifact.Hash);
                _published = true;
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            if (!_published)
            {
                TryDelete(path);
            }

            return ValueTask.CompletedTask;
        }
    }
}
