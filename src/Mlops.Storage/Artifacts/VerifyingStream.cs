using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Hashes what passes through and withholds the last bytes of an artifact that is not what it should be. The length is that of the
/// stored bytes: a caller that reads exactly so many never makes the read that returns zero.
/// </summary>
internal sealed class VerifyingStream(Stream content, ContentHash expected) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _length = content.Length;
    private long _position;
    private bool _verified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("An artifact is read from its beginning to its end.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = content.Read(buffer);
        Hash(buffer[..read], buffer.Length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Hash(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Hash(Span<byte> bytes, int asked)
    {
        _hash.AppendData(bytes);
        _position += bytes.Length;
        bool ended = bytes.Length == 0 && asked > 0;
        if (_verified || (_position < _length && !ended))
        {
            return;
        }

        Span<byte> hash = stackalloc byte[ContentHash.Length];
        _hash.GetCurrentHash(hash);
        var actual = new ContentHash(hash);
        if (actual != expected)
        {
            bytes.Clear();
            throw new ArtifactCorruptException(expected, actual);
        }

        // Bytes that another process appends meanwhile are still hashed, and found out at the end.
        _verified = bytes.Length == 0;
    }
}
