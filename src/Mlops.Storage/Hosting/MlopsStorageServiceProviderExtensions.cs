using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Storage;

/// <summary>For features: the database that the host has chosen.</summary>
public static class MlopsStorageServiceProviderExtensions
{
    /// <summary>The host's database.</summary>
    /// <exception cref="InvalidOperationException">None was chosen; the message names the features that need one and the calls that choose it.</exception>
    public static Database GetRequiredDatabase(this IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.GetService<Database>() ?? throw new InvalidOperationException(
            $"Starting Mlops: no database was chosen{NeededBy(services)}. "
            + "Call services.AddMlopsStorage().UseSqlite(\"Data Source=mlops.db\") from Mlops.Storage.Sqlite, or .UsePostgreSql(connectionString) from Mlops.Storage.PostgreSql.");
    }

    private static string NeededBy(IServiceProvider services)
    {
        string features = string.Join(", ", services.GetServices<MigrationSet>().Select(static set => set.Feature));
        return features.Length == 0 ? "" : $" for {features}";
    }
}
