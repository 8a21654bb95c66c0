using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mlops.Storage;

/// <summary>Reads section <c>Mlops:Storage</c> where the host has a configuration.</summary>
internal sealed class DatabaseOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<DatabaseOptions>
{
    public void Configure(DatabaseOptions options) => configuration?.GetSection("Mlops:Storage").Bind(options);
}
