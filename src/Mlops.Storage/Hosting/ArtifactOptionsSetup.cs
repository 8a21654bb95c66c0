using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mlops.Storage;

/// <summary>Reads section <c>Mlops:Storage:Artifacts</c> where the host has a configuration.</summary>
internal sealed class ArtifactOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<ArtifactOptions>
{
    public void Configure(ArtifactOptions options) => configuration?.GetSection("Mlops:Storage:Artifacts").Bind(options);
}
