using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Mlops.Serving.AspNetCore;

/// <summary>Compresses answers for clients that accept it.</summary>
internal static class ResponseCompression
{
    private const string Gzip = "gzip";
    private const string Deflate = "deflate";

    /// <summary>The encoding that the client prefers of those that are known; <c>null</c> when the answer goes as it is.</summary>
    public static string? Find(HttpRequest request, long length, InferenceOptions options)
    {
        StringValues accepted = request.Headers.AcceptEncoding;
        if (accepted.Count == 0 || length < options.MinimumCompressedBytes || !StringWithQualityHeaderValue.TryParseList(accepted, out IList<StringWithQualityHeaderValue>? encodings))
            return null;

        string? best = null;
        double bestQuality = 0;
        foreach (StringWithQualityHeaderValue encoding in encodings)
        {
            string? known = encoding.Value.Equals(Gzip, StringComparison.OrdinalIgnoreCase) ? Gzip
                : encoding.Value.Equals(Deflate, StringComparison.OrdinalIgnoreCase) ? Deflate
                : null;
            double quality = encoding.Quality ?? 1;
            if (known is not null && quality > bestQuality)
                (best, bestQuality) = (known, quality);
        }

        return best;
    }

    /// <summary>A stream into the body; dispose of it before the response ends.</summary>
    public static Stream Begin(HttpResponse response, string encoding)
    {
        response.Headers.ContentEncoding = encoding;
        response.Headers.Vary = "Accept-Encoding";
        return encoding == Gzip
            ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }
}
