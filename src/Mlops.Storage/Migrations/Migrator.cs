namespace Mlops.Storage;

/// <summary>
/// Brings a database up to the code and announces this process, inside one transaction and under a lock that other processes wait for:
/// whoever contracts the schema afterwards sees the announcement, and whoever did so before is seen here.
/// </summary>
internal static class Migrator
{
    public static Lease Run(SqlSession session, MigrationPlan plan)
    {
        session.Dialect.LockForMigration(session);
        if (plan.Apply)
        {
            session.ExecuteScript(SchemaScript.CreateTable(session.Dialect));
        }
        else if (!session.Dialect.TableExists(session, SchemaScript.Table))
        {
            throw Missing(plan.Sets[0], 0);
        }

        foreach (MigrationSet set in plan.Sets)
        {
            Run(session, set, plan);
        }

        return ProcessPresence.Announce(session, plan);
    }

    private static void Run(SqlSession session, MigrationSet set, MigrationPlan plan)
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

        if (!plan.Apply)
        {
            // A contracting step may be left to later, by whoever applies the scripts as well.
            if (version > 0 && set.Migrations.Skip(version).All(static migration => migration.OldestCode is not null))
            {
                return;
            }

            throw Missing(set, version);
        }

        int reached = Apply(session, set, version, plan);
        if (reached > version)
        {
            oldestCode = set.Migrations.Take(reached).Max(static migration => migration.OldestCode ?? 0);
            session.Execute(
                SchemaScript.Record,
                ("@feature", set.Feature), ("@version", reached), ("@oldest", oldestCode));
        }
    }

    /// <summary>Stops before a contracting step for which an older process would have to end first.</summary>
    private static int Apply(SqlSession session, MigrationSet set, int version, MigrationPlan plan)
    {
        foreach (Migration migration in set.Migrations.Skip(version))
        {
            if (migration.OldestCode is { } oldest && ProcessPresence.FindOlder(session, set.Feature, oldest, plan) is { } older)
            {
                // Code that contracts no longer uses what the step removes, so it runs as well without it: a later start makes up for it.
                return set.Migrations.Skip(migration.Version).All(static later => later.OldestCode is not null)
                    ? version
                    : throw new StorageException(
                        $"Opening the database: migration {migration.Version} of feature '{set.Feature}' ends support for code older than version {oldest}, "
                        + $"and process '{older.Process}' still runs version {older.Version}. Stop it, or wait until its lease has run out, and start again.")
                    {
                        IsTransient = true,
                    };
            }

            session.ExecuteScript(session.Dialect.ExpandTypes(migration.Script));
            version = migration.Version;
        }

        return version;
    }

    private static StorageException Missing(MigrationSet set, int version) => new(
        $"Opening the database: feature '{set.Feature}' is at schema version {version}, this code needs {set.Version}, and MigrateAtStart is off. "
        + "Apply the script that Database.MigrationsToSql prints, or switch MigrateAtStart on.");
}
