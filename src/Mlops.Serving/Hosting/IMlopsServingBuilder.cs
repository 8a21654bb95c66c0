using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Serving;

/// <summary>Collects what a server serves and with what; other packages add to it by extension methods.</summary>
public interface IMlopsServingBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}

internal sealed class MlopsServingBuilder(IServiceCollection services) : IMlopsServingBuilder
{
    public IServiceCollection Services => services;
}
