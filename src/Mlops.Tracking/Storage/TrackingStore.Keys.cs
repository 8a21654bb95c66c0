using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The numbers of metric names: given out once, never changed or deleted, and so never wrong where they are remembered.</summary>
internal sealed partial class TrackingStore
{
    // Some ten megabytes with names of fifty characters.
    private const int RememberedKeys = 65_536;
    private const int NamesPerLook = 100;

    private static readonly Func<DbDataReader, (string Name, long Key)> MapKey = static row => (row.GetString(0), row.GetInt64(1));

    private readonly MetricKeys _metricKeys;

    /// <summary>The numbers of metric names, given out where they are new, for a run to which something is about to be written.</summary>
    /// <exception cref="RunNotFoundException">A name is new, and no run has this id: names come with runs, or anyone could fill the table.</exception>
    /// <exception cref="RunDeletedException">A name is new, and the run is deleted.</exception>
    public async ValueTask<long[]> InternAsync(string runId, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        long[] keys = new long[names.Count];
        List<string>? unknown = null;
        for (int i = 0; i < keys.Length; i++)
        {
            if (!_metricKeys.TryGet(names[i], out keys[i]))
            {
                (unknown ??= []).Add(names[i]);
            }
        }

        if (unknown is null)
        {
            return keys;
        }

        Dictionary<string, long> found = await FindMetricKeysAsync(unknown, cancellationToken).ConfigureAwait(false);
        string[] missing = [.. unknown.Where(name => !found.ContainsKey(name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            // Durable before it is used: a number that this process remembers and the database forgot could be given out twice.
            long[] added = await _database.WriteAsync(
                (runId, missing),
                static (session, state) =>
                {
                    RequireWritable(session, state.runId);
                    return Array.ConvertAll(state.missing, name => Intern(session, name));
                },
                Durability.Power,
                cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < missing.Length; i++)
            {
                found.Add(missing[i], added[i]);
            }
        }

        foreach ((string name, long key) in found)
        {
            _metricKeys.Add(name, key);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = found.TryGetValue(names[i], out long key) ? key : keys[i];
        }

        return keys;
    }

    private async ValueTask<long?> FindMetricAsync(string name, CancellationToken cancellationToken)
    {
        if (_metricKeys.TryGet(name, out long known))
        {
            return known;
        }

        return (await FindMetricKeysAsync([name], cancellationToken).ConfigureAwait(false)).TryGetValue(name, out long key) ? key : null;
    }

    /// <summary>The numbers of those names that have one.</summary>
    private async ValueTask<Dictionary<string, long>> FindMetricKeysAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        Dictionary<string, long> found = new(StringComparer.Ordinal);
        foreach (string[] part in names.Chunk(NamesPerLook))
        {
            SqlText sql = new();
            sql.Append("SELECT name, metric FROM tracking_key WHERE ").AppendValues("name", FilterOperator.In, part.Select(static name => (SqlValue)name));
            foreach ((string name, long key) in await _database.QueryAsync(sql.ToString(), MapKey, cancellationToken, sql.Arguments).ConfigureAwait(false))
            {
                found[name] = key;
            }
        }

        return found;
    }

    private static long Intern(SqlSession session, string name)
    {
        session.Execute("INSERT INTO tracking_key (name) VALUES (@name) ON CONFLICT (name) DO NOTHING", ("@name", name));
        return session.QueryFirst("SELECT metric FROM tracking_key WHERE name = @name", static row => row.GetInt64(0), ("@name", name));
    }
}
