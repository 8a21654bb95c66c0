using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

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
        return builder.UseDatabase(services => new PostgreSqlDatabase(connectionString, services.GetRequiredService<IOptions<DatabaseOptions>>().Value)
        {
            LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        });
    }

    /// <summary>Stores through the host's own data source, for passwords that rotate, certificates or tracing; the host disposes of it.</summary>
    /// <param name="builder">From <c>AddMlopsStorage</c>.</param>
    /// <param name="dataSource">Finds or makes it, for example <c>services => services.GetRequiredService&lt;NpgsqlDataSource&gt;()</c>.</param>
    /// <exception cref="InvalidOperationException">Another engine was chosen before.</exception>
    public static IMlopsStorageBuilder UsePostgreSql(this IMlopsStorageBuilder builder, Func<IServiceProvider, NpgsqlDataSource> dataSource)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UseDatabase(services => new PostgreSqlDatabase(dataSource(services), services.GetRequiredService<IOptions<DatabaseOptions>>().Value)
        {
            LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        });
    }
}
