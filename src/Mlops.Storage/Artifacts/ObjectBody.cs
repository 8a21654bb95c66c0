namespace Mlops.Storage;

/// <summary>
/// The body of an object store's answer, with the length it was announced with: a connection that ends before is a transient
/// <see cref="StorageException"/>, and so is whatever else the client throws on the way.
/// </summary>
internal sealed class ObjectBody(ObjectContent content, string attempt, Func<string, Exception, StorageException?> explain) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("What an object store answers is read from its beginning to its end.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Advance(content.Body.Read(buffer), buffer.Length);
        }
        catch (Exception exception) when (explain(attempt, exception) is not null)
        {
            throw explain(attempt, exception)!;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Advance(await content.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Length);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && explain(attempt, exception) is not null)
        {
            throw explain(attempt, exception)!;
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await content.Body.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Body.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Advance(int read, int asked)
    {
        _position += read;
        return read > 0 || asked == 0 || _position >= content.Length
            ? read
            : throw new StorageException($"{attempt}: the connection ended after {_position} of {content.Length} bytes. Read it again.") { IsTransient = true };
    }
}
