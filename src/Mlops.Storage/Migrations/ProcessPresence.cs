using System.Globalization;

namespace Mlops.Storage;

/// <summary>
/// One lease per open database object, <c>process/&lt;machine&gt;/&lt;pid&gt;/&lt;id&gt;</c>, whose owner lists the versions of its code as
/// <c>feature=version</c>. A migration that ends support for older code looks for them first.
/// </summary>
internal static class ProcessPresence
{
    // '0' follows '/' in ASCII: all names that begin with 'process/'.
    private const string First = "process/";
    private const string AfterLast = "process0";

    public static string NewName() => string.Create(
        CultureInfo.InvariantCulture, $"{First}{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}");

    public static Lease Announce(SqlSession session, MigrationPlan plan)
    {
        long now = session.Dialect.ReadClock(session);
        string owner = string.Join(' ', plan.Versions.Select(static version => string.Create(CultureInfo.InvariantCulture, $"{version.Feature}={version.Version}")));

        // A process that slept through its lease finds its row gone, and has to open the database again before it goes on.
        session.Execute("DELETE FROM mlops_lease WHERE name >= @first AND name < @after AND until <= @now", ("@first", First), ("@after", AfterLast), ("@now", now));
        long epoch = session.QueryFirst(
            """
            INSERT INTO mlops_lease (name, owner, epoch, until) VALUES (@name, @owner, @now, @until)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
            RETURNING epoch
            """,
            static row => row.GetInt64(0),
            ("@name", plan.Process), ("@owner", owner), ("@now", now), ("@until", now + UnixMicroseconds.From(plan.PresenceDuration)));
        return new Lease(plan.Process, owner, epoch, plan.PresenceDuration);
    }

    /// <summary>Another process that is alive and whose code of the feature is older.</summary>
    public static (string Process, int Version)? FindOlder(SqlSession session, string feature, int oldestCode, MigrationPlan plan)
    {
        if (!session.Dialect.TableExists(session, "mlops_lease"))
        {
            return null;
        }

        List<(string Name, string Owner)> others = session.Query(
            "SELECT name, owner FROM mlops_lease WHERE name >= @first AND name < @after AND name <> @self AND until > @now ORDER BY name",
            static row => (row.GetString(0), row.GetString(1)),
            ("@first", First), ("@after", AfterLast), ("@self", plan.Process), ("@now", session.Dialect.ReadClock(session)));
        foreach ((string name, string owner) in others)
        {
            if (VersionOf(owner, feature) is { } version && version < oldestCode)
            {
                return (name, version);
            }
        }

        return null;
    }

    private static int? VersionOf(string owner, string feature)
    {
        foreach (string entry in owner.Split(' '))
        {
            if (entry.Length > feature.Length + 1 && entry[feature.Length] == '=' && entry.StartsWith(feature, StringComparison.Ordinal))
            {
                return int.Parse(entry.AsSpan(feature.Length + 1), CultureInfo.InvariantCulture);
            }
        }

        return null;
    }
}
