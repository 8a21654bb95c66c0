namespace Mlops.Orchestration;

/// <summary>Where steps get secrets from. Must be thread-safe.</summary>
public interface ISecretSource
{
    /// <summary>The value of a secret; null when there is none of that name.</summary>
    ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken = default);
}
