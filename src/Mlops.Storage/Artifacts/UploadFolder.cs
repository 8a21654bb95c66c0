using System.Buffers;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Upload sessions as files of a local folder, named by their id; a session's offset is the length of its file, and when it was last
/// written decides when it expires. The file is held by whoever works on it, also across the processes of the machine.
/// </summary>
/// <param name="options">Folder, duration and bounds.</param>
/// <param name="beside">Where the folder lies unless the options name one; null where there is no such place.</param>
/// <param name="time">The clock that sessions expire by.</param>
internal sealed class UploadFolder(ArtifactOptions options, string? beside, TimeProvider time)
{
    private const string Name = "uploads";
    private const int IdDigits = 64;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly string? _folder = options.UploadFolder is { } named ? Path.GetFullPath(named) : beside is null ? null : Path.Combine(Path.GetFullPath(beside), Name);
    private int _swept;

    public UploadSession Begin()
    {
        string folder = _folder ?? throw new InvalidOperationException(
            "Beginning an upload: neither the artifact store nor the database has a local folder for it. Name one in ArtifactOptions.UploadFolder (Mlops:Storage:Artifacts).");
        string id = RandomNumberGenerator.GetHexString(IdDigits, lowercase: true);
        Access(() =>
        {
            CreateFolder(folder);
            if (Interlocked.Exchange(ref _swept, 1) == 0)
            {
                Sweep();
            }

            using FileStream file = ExclusiveFile.Open(PathOf(id), FileMode.CreateNew);
            Touch(file);
            DirectorySync.Flush(folder);
        });
        return new UploadSession(id, 0, time.GetUtcNow() + options.UploadSessionDuration);
    }

    /// <summary>What is stored of a session.</summary>
    public UploadSession Get(string id)
    {
        string path = PathOf(id);
        UploadSession? session = null;
        Access(() =>
        {
            var file = new FileInfo(path);
            session = file.Exists ? Session(id, file.Length, file.LastWriteTimeUtc) : null;
        });
        return session ?? throw new UploadNotFoundException();
    }

    /// <summary>Adds a piece. What is acknowledged survives loss of power; what a piece that failed has brought stays as well.</summary>
    public async Task<UploadSession> AppendAsync(string id, long offset, Stream content, CancellationToken cancellationToken)
    {
        FileStream file = Hold(id);
        await using (file.ConfigureAwait(false))
        {
            long stored = file.Length;
            if (offset != stored)
            {
                throw new UploadOffsetException(offset, stored);
            }

            file.Position = stored;
            long allowed = options.MaximumUploadBytes - stored;
            long read = await HashingCopy.AppendAsync(content, file, hash: null, allowed, Failure, cancellationToken).ConfigureAwait(false);
            if (read > allowed)
            {
                Access(() => file.SetLength(stored));
                throw new UploadTooLargeException(options.MaximumUploadBytes);
            }

            Access(() =>
            {
                RandomAccess.FlushToDisk(file.SafeFileHandle);
                Touch(file);
            });
            return Session(id, stored + read, time.GetUtcNow().UtcDateTime)!;
        }
    }

    /// <summary>Opens a session's bytes from their beginning, and keeps others from it until the file is closed.</summary>
    /// <exception cref="UploadNotFoundException">There is no such session, or it has expired.</exception>
    /// <exception cref="UploadBusyException">Another call holds it.</exception>
    public FileStream Hold(string id)
    {
        string path = PathOf(id);
        FileStream? file = null;
        try
        {
            file = ExclusiveFile.Open(path, FileMode.Open);

            // Who held it before may have removed it: then this is a file without a name, and what is written to it is lost.
            if (File.Exists(path) && Session(id, file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle)) is not null)
            {
                FileStream held = file;
                file = null;
                return held;
            }

            throw new UploadNotFoundException();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UploadNotFoundException();
        }
        catch (IOException exception) when (ExclusiveFile.IsHeld(exception))
        {
            throw new UploadBusyException(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(exception);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Removes a session that the caller holds.</summary>
    public void Remove(FileStream held) => Access(() => File.Delete(held.Name));

    /// <summary>Removes the sessions that have expired.</summary>
    public void Sweep()
    {
        if (_folder is null || !Directory.Exists(_folder))
        {
            return;
        }

        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles())
        {
            if (IsId(file.Name) && file.LastWriteTimeUtc + options.UploadSessionDuration <= time.GetUtcNow().UtcDateTime)
            {
                try
                {
                    using FileStream held = ExclusiveFile.Open(file.FullName, FileMode.Open);
                    File.Delete(file.FullName);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    // Somebody else works on it or has removed it; a later sweep looks again.
                }
            }
        }
    }

    private static bool IsId(string id) => id.Length == IdDigits && !id.AsSpan().ContainsAnyExcept(Digits);

    /// <summary>An id comes from a client: nothing but an id becomes part of a path.</summary>
    private string PathOf(string id) => _folder is not null && IsId(id) ? Path.Combine(_folder, id) : throw new UploadNotFoundException();

    /// <summary>Null when the session has expired.</summary>
    private UploadSession? Session(string id, long offset, DateTime written)
    {
        var expires = new DateTimeOffset(DateTime.SpecifyKind(written, DateTimeKind.Utc)) + options.UploadSessionDuration;
        return expires > time.GetUtcNow() ? new UploadSession(id, offset, expires) : null;
    }

    private void Touch(FileStream file) => File.SetLastWriteTimeUtc(file.SafeFileHandle, time.GetUtcNow().UtcDateTime);

    /// <summary>Sessions are for their owners: on Unix only the user of the process may look into the folder.</summary>
    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void Access(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(exception);
        }
    }

    private StorageException Failure(Exception exception) => new(
        $"Writing an upload session in '{_folder}': {exception.Message} Check that the folder may be written to and that the disk has space.", exception);
}
