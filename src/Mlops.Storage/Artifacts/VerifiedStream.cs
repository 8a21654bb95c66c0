using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>Hashes what passes through; the read that meets the end throws unless the bytes are the expected ones.</summary>
internal sealed class VerifiedStream(Stream inner, ContentHash expected) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _verified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => throw new NotSupportedException("An artifact is verified while it is read from start to end; it cannot be positioned.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Observe(buffer[..read], atEnd: read == 0 && buffer.Length > 0);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Observe(buffer.Span[..read], atEnd: read == 0 && buffer.Length > 0);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("An artifact is read from start to end.");

    public override void SetLength(long value) => throw new NotSupportedException("An artifact cannot be changed.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("An artifact cannot be changed.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Observe(ReadOnlySpan<byte> read, bool atEnd)
    {
        if (!atEnd)
        {
            _hash.AppendData(read);
            return;
        }

        if (_verified)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[ContentHash.Length];
        _hash.GetCurrentHash(bytes);
        var actual = new ContentHash(bytes);
        if (actual != expected)
        {
            throw new ArtifactCorruptException(expected, actual);
        }

        _verified = true;
    }
}
