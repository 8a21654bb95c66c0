using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Mlops.Storage.Sqlite;

/// <summary>Chooses SQLite.</summary>
public static class SqliteStorageBuilderExtensions
{
    /// <summary>Stores in one SQLite file, the embedded default.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="connectionString">For example <c>Data Source=mlops.db</c>.</param>
    /// <exception cref="InvalidOperationException">Another engine was chosen before.</exception>
    public static IMlopsStorageBuilder UseSqlite(this IMlopsStorageBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionString);

        // Leases are measured by the machine's clock, even in a host whose TimeProvider replays history.
        return builder.UseDatabase(services => new SqliteDatabase(connectionString, services.GetRequiredService<IOptions<DatabaseOptions>>().Value)
        {
            LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        });
    }
}
