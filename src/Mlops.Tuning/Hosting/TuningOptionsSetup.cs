using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mlops.Tuning;

/// <summary>Reads section <c>Mlops:Tuning</c> where the host has a configuration.</summary>
internal sealed class TuningOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<TuningOptions>
{
    public void Configure(TuningOptions options) => configuration?.GetSection("Mlops:Tuning").Bind(options);
}
