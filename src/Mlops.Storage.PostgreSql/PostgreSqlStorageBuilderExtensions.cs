using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.PostgreSql;

/// <summary>Chooses PostgreSQL.</summary>
public static class PostgreSqlStorageBuilderExtensions
{
    /// <summary>Stores in one PostgreSQL database, which several processes may share.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="connectionString">For example <c>Host=localhost;Username=mlops;Database=mlops</c>.</param>
    /// <exception cref="InvalidOperationException">Another engine was chosen before.</exception>
    public static IMlopsStorageBuilder UsePostgreSql(this IMlopsStorageBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        return builder.UseDatabase(services => new PostgreSqlDatabase(connectionString, services.GetRequiredService<IOptions<DatabaseOptions>>().Value));
    }
}
