using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Drift;

/// <summary>Adds drift monitors.</summary>
public interface IMlopsDriftBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
