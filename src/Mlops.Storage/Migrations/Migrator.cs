namespace Mlops.Storage;

/// <summary>Brings a database up to the code, inside one transaction and under a lock that other processes wait for.</summary>
internal static class Migrator
{
    private const string SchemaTable = """
        CREATE TABLE IF NOT EXISTS mlops_schema (
            feature {text} NOT NULL PRIMARY KEY,
            version {int} NOT NULL,
            oldest_code {int} NOT NULL
        ) {keyed}
        """;

    public static bool Run(SqlSession session, IReadOnlyList<MigrationSet> sets, bool apply)
    {
        session.Dialect.LockForMigration(session);
        session.Execute(session.Dialect.ExpandTypes(SchemaTable));
        foreach (MigrationSet set in sets)
        {
            Run(session, set, apply);
        }

        return true;
    }

    private static void Run(SqlSession session, MigrationSet set, bool apply)
    {
        (int version, int oldestCode) = session.QueryFirst(
            "SELECT version, oldest_code FROM mlops_schema WHERE feature = @feature",
            static row => ((int)row.GetInt64(0), (int)row.GetInt64(1)),
            ("@feature", set.Feature));

        if (oldestCode > set.Version)
        {
            throw new SchemaTooNewException(set.Feature, set.Version, oldestCode);
        }

        if (version >= set.Version)
        {
            return;
        }

        if (!apply)
        {
            throw new StorageException(
                $"Opening the database: feature '{set.Feature}' is at schema version {version}, this code needs {set.Version}, and MigrateAtStart is off. "
                + "Apply the scripts that MigrationSet.ToSql prints, or switch MigrateAtStart on.");
        }

        foreach (Migration migration in set.Migrations.Skip(version))
        {
            oldestCode = Math.Max(oldestCode, migration.OldestCode ?? 0);
            session.ExecuteScript(session.Dialect.ExpandTypes(migration.Script));
        }

        session.Execute(
            """
            INSERT INTO mlops_schema (feature, version, oldest_code) VALUES (@feature, @version, @oldest)
            ON CONFLICT (feature) DO UPDATE SET version = excluded.version, oldest_code = excluded.oldest_code
            """,
            ("@feature", set.Feature), ("@version", set.Version), ("@oldest", oldestCode));
    }
}
