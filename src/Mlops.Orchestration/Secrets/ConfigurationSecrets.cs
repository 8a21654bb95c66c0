using Microsoft.Extensions.Configuration;

namespace Mlops.Orchestration;

/// <summary>Secrets from the host's configuration, whatever provider holds them: section <c>Mlops:Secrets</c>.</summary>
internal sealed class ConfigurationSecrets(IConfiguration? configuration) : ISecretSource
{
    public ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken = default) => new(configuration?[$"Mlops:Secrets:{name}"]);
}
