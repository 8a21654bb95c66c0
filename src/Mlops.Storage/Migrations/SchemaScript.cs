using System.Globalization;
using System.Text;

namespace Mlops.Storage;

/// <summary>The table that records which migrations a database has, and migrations as text for a database that is changed by hand.</summary>
internal static class SchemaScript
{
    public const string Table = "mlops_schema";

    public const string Record = """
        INSERT INTO mlops_schema (feature, version, oldest_code) VALUES (@feature, @version, @oldest)
        ON CONFLICT (feature) DO UPDATE SET version = excluded.version, oldest_code = excluded.oldest_code
        """;

    public static string CreateTable(SqlDialect dialect) => dialect.ExpandTypes("""
        CREATE TABLE IF NOT EXISTS mlops_schema (
            feature {text} NOT NULL PRIMARY KEY,
            version {int} NOT NULL,
            oldest_code {int} NOT NULL
        ) {keyed};
        """);

    /// <summary>The migrations after a version and the row that records them; the feature's name is safe to be written out.</summary>
    public static void Append(StringBuilder sql, MigrationSet set, int after, SqlDialect dialect)
    {
        int oldestCode = 0;
        foreach (Migration migration in set.Migrations)
        {
            oldestCode = Math.Max(oldestCode, migration.OldestCode ?? 0);
            if (migration.Version > after)
            {
                sql.Append(CultureInfo.InvariantCulture, $"-- {set.Feature} {migration.Version}\n{dialect.ExpandTypes(migration.Script)}\n");
            }
        }

        if (set.Version > after)
        {
            sql.Append(Record
                .Replace("@feature", $"'{set.Feature}'", StringComparison.Ordinal)
                .Replace("@version", set.Version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("@oldest", oldestCode.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
                .Append(";\n");
        }
    }
}
