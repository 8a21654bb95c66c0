using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>
/// A model that is read from a stream at every load. Versions count the loads of changed contents, from 1.
/// </summary>
internal sealed class StreamModelSource(Func<CancellationToken, ValueTask<Stream>> openAsync) : IModelSource
{
    private const int BlockBytes = 81_920;
    private readonly Lock _lock = new();
    private long _version;
    private byte[] _digest = [];

    public async ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        using Stream stream = await openAsync(cancellationToken).ConfigureAwait(false);
        using var content = new MemoryStream();
        byte[] block = new byte[BlockBytes];
        int read;
        while ((read = await stream.ReadAsync(block, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (content.Length + read > maximumBytes)
                throw new ModelLoadException(model, ModelLoadFailure.TooLarge, $"the stream has more than the {maximumBytes} bytes of {nameof(ModelOptions.MaximumModelBytes)}.");
            content.Write(block, 0, read);
        }

        byte[] bytes = content.ToArray(), digest = SHA256.HashData(bytes);
        lock (_lock)
        {
            if (!digest.AsSpan().SequenceEqual(_digest))
                _version++;
            _digest = digest;
            return new ModelPackage { Content = bytes, Version = _version };
        }
    }
}
