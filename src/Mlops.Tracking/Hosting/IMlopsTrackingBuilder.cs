using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Tracking;

/// <summary>Refines tracking; other packages extend it.</summary>
public interface IMlopsTrackingBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
