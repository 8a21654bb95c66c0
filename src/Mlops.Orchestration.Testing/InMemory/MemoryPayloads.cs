using System.Security.Cryptography;

namespace Mlops.Orchestration.Testing;

/// <summary>The artifacts of a run in memory.</summary>
internal sealed class MemoryPayloads() : PayloadStore(catalog: null, static _ => { })
{
    private readonly Dictionary<string, byte[]> _artifacts = new(StringComparer.Ordinal);

    public override async Task<ArtifactRef> UploadAsync(StepAttempt attempt, Stream content, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
        byte[] bytes = copy.ToArray();
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        lock (_artifacts)
        {
            _artifacts[hash] = bytes;
        }

        return new ArtifactRef(hash, bytes.Length);
    }

    public override ValueTask<Stream> OpenAsync(ArtifactRef artifact, CancellationToken cancellationToken)
    {
        lock (_artifacts)
        {
            return _artifacts.TryGetValue(artifact.Sha256, out byte[]? bytes)
                ? new ValueTask<Stream>(new MemoryStream(bytes, writable: false))
                : throw new PermanentStepException($"No step of this run has stored the artifact {artifact.Sha256}.");
        }
    }
}
