using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Mlops.Serving.AspNetCore;

/// <summary>Compression of gRPC messages that ends a message which grows beyond a limit while it is read.</summary>
internal sealed class BoundedCompression(string encoding, int maximumBytes) : ICompressionProvider
{
    public string EncodingName => encoding;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => encoding == "gzip"
        ? new GZipStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true)
        : new ZLibStream(stream, compressionLevel ?? CompressionLevel.Fastest, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) => new BoundedStream(
        encoding == "gzip" ? new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true) : new ZLibStream(stream, CompressionMode.Decompress, leaveOpen: true),
        maximumBytes);

    private sealed class BoundedStream(Stream inner, int maximumBytes) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read;
            try
            {
                read = inner.Read(buffer);
            }
            catch (InvalidDataException)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "The message is not compressed as its encoding says."));
            }

            _read += read;
            return _read <= maximumBytes
                ? read
                : throw new RpcException(new Status(StatusCode.ResourceExhausted, $"The message is longer than {maximumBytes} bytes when it is decompressed."));
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
