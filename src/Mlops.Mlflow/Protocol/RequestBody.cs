using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Mlops.Mlflow;

/// <summary>A whole body in a rented array; dispose it when nothing reads it any more.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstLength = 4_096;

    private byte[] _bytes;
    private int _length;

    private RequestBody(byte[] bytes) => _bytes = bytes;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <exception cref="ProtocolException">It is longer than the limit.</exception>
    public static async Task<RequestBody> ReadAsync(HttpContext context, int maximumBytes)
    {
        HttpRequest request = context.Request;
        Limit(context, maximumBytes);
        if (request.ContentLength > maximumBytes)
        {
            throw TooLarge(maximumBytes);
        }

        // One byte more than announced, so that the end is seen without growing.
        var body = new RequestBody(ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? FirstLength) + 1));
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(body._bytes.AsMemory(body._length), context.RequestAborted).ConfigureAwait(false)) > 0)
            {
                body._length += read;
                if (body._length > maximumBytes)
                {
                    throw TooLarge(maximumBytes);
                }

                if (body._length == body._bytes.Length)
                {
                    body.Grow();
                }
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Makes the server stop reading the body beyond so many bytes, instead of at its own limit.</summary>
    public static void Limit(HttpContext context, long maximumBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = maximumBytes;
        }
    }

    public static ProtocolException TooLarge(long maximumBytes) => new(ErrorCode.TooLarge, $"The request's body has more than {maximumBytes} bytes.");

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _length = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
