using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// A file of records that is locked by the process that has it open. After a head of eight bytes each record is its length, the CRC-32C
/// of its bytes, the CRC-32C of these eight, and its bytes. Appending and reading may go on at once; each is one caller's at a time.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    public const string Extension = ".journal";

    private const int HeaderLength = 12;
    private const int SearchLength = 1 << 16;

    private static readonly byte[] Head = [(byte)'M', (byte)'L', (byte)'O', (byte)'P', (byte)'S', (byte)'J', 1, 0];

    private readonly FileStream _file;
    private readonly SafeFileHandle _handle;
    private readonly JournalDisk? _disk;
    private long _length;

    private JournalFile(string path, FileStream file, long length, JournalDisk? disk)
    {
        Path = path;
        _file = file;
        _handle = file.SafeFileHandle;
        _length = length;
        _disk = disk;
    }

    public string Path { get; }

    /// <summary>Bytes of head and whole records.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>Where the first record begins.</summary>
    public static long Beginning => Head.Length;

    /// <summary>A new file. It gets its name once it is locked, so that nobody takes it for one that was left behind.</summary>
    public static JournalFile Create(string folder, JournalDisk disk)
    {
        disk.CreateFolder(folder);
        string path = System.IO.Path.Combine(folder, Guid.NewGuid().ToString("N") + Extension);
        string hidden = path + ".new";
        FileStream file = ExclusiveFile.Open(hidden, FileMode.CreateNew);
        try
        {
            RandomAccess.Write(file.SafeFileHandle, Head, 0);
            File.Move(hidden, path);
            disk.FlushFile(file.SafeFileHandle);
            disk.FlushFolder(folder);
            return new JournalFile(path, file, Head.Length, disk);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A file that nobody has open any more, to be read; null when somebody has, or it has gone.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static JournalFile? TryOpen(string path)
    {
        try
        {
            FileStream file = ExclusiveFile.Open(path, FileMode.Open);
            return new JournalFile(path, file, file.Length, disk: null);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException || ExclusiveFile.IsHeld(exception))
        {
            return null;
        }
    }

    /// <summary>Appends a record; when this returns, it is as durable as the file was to be. Only to a file that was created. A failure leaves the file as it was.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        byte[] bytes = new byte[HeaderLength + record.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Of(record));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Crc32C.Of(bytes.AsSpan(0, 8)));
        record.CopyTo(bytes.AsSpan(HeaderLength));
        try
        {
            RandomAccess.Write(_handle, bytes, _length);
            _disk!.FlushFile(_handle);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(_handle, _length);
            throw;
        }

        Volatile.Write(ref _length, _length + bytes.Length);
    }

    /// <summary>Reads the record at a position and moves behind it; null at the end.</summary>
    /// <exception cref="JournalCorruptException">It is damaged and was not the last to be written.</exception>
    public byte[]? Read(ref long position)
    {
        long end = Length;
        if (position < Beginning)
        {
            // Cut off before the head was whole, or another program's.
            byte[] head = ReadBytes(0, (int)Math.Min(end, Head.Length));
            if (head.Length == Head.Length && !head.AsSpan().SequenceEqual(Head))
            {
                throw new JournalCorruptException(Path, 0);
            }

            position = Math.Min(end, Beginning);
        }

        if (position >= end)
        {
            return null;
        }

        if (TryRead(position, end) is { } record)
        {
            position += HeaderLength + record.Length;
            return record;
        }

        // A process that dies while it writes leaves part of one record, and nothing behind it.
        return HasRecordAfter(position, end) ? throw new JournalCorruptException(Path, position) : null;
    }

    /// <summary>Forgets all records.</summary>
    public void Clear()
    {
        RandomAccess.SetLength(_handle, Beginning);
        Volatile.Write(ref _length, Beginning);
    }

    public void Delete()
    {
        // The name first: until the handle is closed nobody else can have it.
        File.Delete(Path);
        Dispose();
    }

    public void Dispose() => _file.Dispose();

    private byte[]? TryRead(long position, long end)
    {
        if (end - position < HeaderLength)
        {
            return null;
        }

        byte[] header = ReadBytes(position, HeaderLength);
        if (!IsHeader(header, end - position - HeaderLength, out int length))
        {
            return null;
        }

        byte[] record = ReadBytes(position + HeaderLength, length);
        return Crc32C.Of(record) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)) ? record : null;
    }

    private bool HasRecordAfter(long position, long end)
    {
        for (long from = position + 1; from + HeaderLength <= end; from += SearchLength)
        {
            byte[] part = ReadBytes(from, (int)Math.Min(SearchLength + HeaderLength - 1, end - from));
            for (int i = 0; i + HeaderLength <= part.Length; i++)
            {
                if (IsHeader(part.AsSpan(i, HeaderLength), end - from - i - HeaderLength, out _) && TryRead(from + i, end) is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private byte[] ReadBytes(long position, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int more = RandomAccess.Read(_handle, bytes.AsSpan(read), position + read);
            if (more == 0)
            {
                throw new EndOfStreamException($"'{Path}' has become shorter while it was read.");
            }

            read += more;
        }

        return bytes;
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes, long following, out int length)
    {
        length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return length > 0 && length <= following && Crc32C.Of(bytes[..8]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
    }
}
