namespace Mlops.Onnx;

public sealed partial class OnnxModel
{
    /// <summary>Reads a model from its bytes. Time and memory are linear in the length.</summary>
    /// <exception cref="OnnxFormatException">The bytes are not an ONNX model.</exception>
    public static OnnxModel Read(ReadOnlySpan<byte> bytes) => new OnnxModelReader().Read(bytes);

    /// <summary>Reads a model from the stream's position to its end; the whole file is held in memory meanwhile.</summary>
    /// <param name="stream">Source; stays open.</param>
    /// <param name="maximumBytes">Longest file accepted; by default protobuf's own limit of 2 GiB.</param>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumBytes"/> is not positive.</exception>
    /// <exception cref="OnnxFormatException">The bytes are not an ONNX model, or there are too many.</exception>
    public static OnnxModel Read(Stream stream, int maximumBytes = int.MaxValue)
    {
        CheckSource(stream, maximumBytes);
        using var buffer = new MemoryStream();
        byte[] block = new byte[81_920];
        int read;
        while ((read = stream.Read(block)) > 0)
            Append(buffer, block.AsSpan(0, read), maximumBytes);

        return Read(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <inheritdoc cref="Read(Stream, int)"/>
    public static Task<OnnxModel> ReadAsync(Stream stream, int maximumBytes = int.MaxValue, CancellationToken cancellationToken = default)
    {
        CheckSource(stream, maximumBytes);
        return ReadCoreAsync(stream, maximumBytes, cancellationToken);
    }

    private static async Task<OnnxModel> ReadCoreAsync(Stream stream, int maximumBytes, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        byte[] block = new byte[81_920];
        int read;
        while ((read = await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
            Append(buffer, block.AsSpan(0, read), maximumBytes);

        return Read(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void CheckSource(Stream stream, int maximumBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumBytes);
    }

    private static void Append(MemoryStream buffer, ReadOnlySpan<byte> block, int maximumBytes)
    {
        if (buffer.Length + block.Length > Math.Min(maximumBytes, Array.MaxLength))
            throw new OnnxFormatException($"The model is longer than the {maximumBytes} bytes allowed.");

        buffer.Write(block);
    }
}
