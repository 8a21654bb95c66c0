using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Storage;

/// <summary>Chooses the database and the artifact store of the family.</summary>
public interface IMlopsStorageBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
