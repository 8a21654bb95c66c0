using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Tuning;

/// <summary>Refines tuning.</summary>
public interface IMlopsTuningBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
