using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Mlops.Tracking;

/// <summary>Reads section <c>Mlops:Tracking</c> where the host has a configuration.</summary>
internal sealed class TrackingOptionsSetup(IConfiguration? configuration = null) : IConfigureOptions<TrackingOptions>
{
    public void Configure(TrackingOptions options) => configuration?.GetSection("Mlops:Tracking").Bind(options);
}
