using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>A part of a file as a stream that can be read again, which a client that repeats a request needs. Slices of one handle do not disturb each other.</summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">Its length; a file that ends before is an error, never a shorter stream.</param>
/// <param name="ownsFile">Whether disposing the slice closes the file.</param>
internal sealed class FileSlice(SafeFileHandle file, long offset, long length, bool ownsFile) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = Available(buffer.Length);
        return count == 0 ? 0 : Advance(RandomAccess.Read(file, buffer[..count], offset + _position));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Available(buffer.Length);
        return count == 0 ? 0 : Advance(await RandomAccess.ReadAsync(file, buffer[..count], offset + _position, cancellationToken).ConfigureAwait(false));
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && ownsFile)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Available(int asked) => (int)Math.Clamp(length - _position, 0, asked);

    private int Advance(int read)
    {
        if (read == 0)
        {
            throw new StorageException($"Reading {length} bytes of a file from byte {offset}: it ended after {_position} of them. It was cut short meanwhile; restore it from a backup.");
        }

        _position += read;
        return read;
    }
}
