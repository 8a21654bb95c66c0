using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mlops.Serving.AspNetCore;

/// <summary>A whole body, decompressed, in a rented array; dispose it when nothing reads it any more.</summary>
internal struct RequestBody : IDisposable
{
    private const int FirstLength = 4_096;
    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <exception cref="WireException">It is longer than the limit, or compressed in a way that is not known.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpContext context, int maximumBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = maximumBytes;
        if (context.Request.ContentLength > maximumBytes)
            throw TooLarge(maximumBytes);

        string encoding = context.Request.Headers.ContentEncoding.ToString();
        return encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)
            ? ReadPlainAsync(context, maximumBytes)
            : ReadCompressedAsync(context, encoding, maximumBytes);
    }

    public void Dispose()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        Length = 0;
    }

    private static async ValueTask<RequestBody> ReadPlainAsync(HttpContext context, int maximumBytes)
    {
        // One byte more than announced, so that the end is seen without growing. What is announced is believed only as far as it arrives.
        var body = new RequestBody { _bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(context.Request.ContentLength ?? FirstLength, 1 << 20) + 1) };
        try
        {
            PipeReader reader = context.Request.BodyReader;
            while (true)
            {
                ReadResult result = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                    body.Append(part.Span, maximumBytes);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static async ValueTask<RequestBody> ReadCompressedAsync(HttpContext context, string encoding, int maximumBytes)
    {
        using Stream stream = Decompress(context.Request.Body, encoding);
        var body = new RequestBody { _bytes = ArrayPool<byte>.Shared.Rent(FirstLength) };
        try
        {
            int read;
            while ((read = await stream.ReadAsync(body._bytes.AsMemory(body.Length), context.RequestAborted).ConfigureAwait(false)) > 0)
            {
                body.Length += read;
                body.MakeRoom(1, maximumBytes);
            }

            return body;
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            throw new WireException($"The body cannot be decompressed as {encoding}.");
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static Stream Decompress(Stream body, string encoding) => encoding.ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress, leaveOpen: true),
        "deflate" => new ZLibStream(body, CompressionMode.Decompress, leaveOpen: true),
        _ => throw new WireException($"The body is compressed as '{encoding}'; gzip and deflate are known.", StatusCodes.Status415UnsupportedMediaType),
    };

    private void Append(ReadOnlySpan<byte> part, int maximumBytes)
    {
        if (part.Length > maximumBytes - Length)
            throw TooLarge(maximumBytes);
        MakeRoom(part.Length, maximumBytes);
        part.CopyTo(_bytes.AsSpan(Length));
        Length += part.Length;
    }

    // A stream tells its end only where there is room for one byte more.
    private void MakeRoom(int bytes, int maximumBytes)
    {
        if (Length > maximumBytes)
            throw TooLarge(maximumBytes);
        if (_bytes!.Length - Length >= bytes)
            return;

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(Math.Min(2L * _bytes.Length, maximumBytes + 1L), (long)Length + bytes));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    private static WireException TooLarge(int maximumBytes) =>
        new($"The request has more than {maximumBytes} bytes, counted after decompression.", StatusCodes.Status413PayloadTooLarge);
}
