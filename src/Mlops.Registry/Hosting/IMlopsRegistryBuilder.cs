using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Registry;

/// <summary>Refines the registry; other packages extend it.</summary>
public interface IMlopsRegistryBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
