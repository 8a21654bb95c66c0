using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const int SweepBatch = 100;

    /// <summary>
    /// Hides a model with all its versions and takes its aliases away. Its row, the history of its aliases, its decisions and approvals
    /// stay; what the versions hold goes by <see cref="SweepAsync"/>.
    /// </summary>
    /// <returns>The changes of its aliases.</returns>
    public Task<List<MovedAlias>> DeleteModelAsync(Change change, CancellationToken cancellationToken) =>
        WriteAsync(change, static (store, session, change) => store.DeleteModel(session, change), cancellationToken);

    /// <summary>Hides a version for good, releases its artifacts and takes away the aliases that point to it.</summary>
    /// <returns>The changes of those aliases.</returns>
    public Task<List<MovedAlias>> DeleteVersionAsync(Change change, CancellationToken cancellationToken) =>
        WriteAsync(change, static (store, session, change) => store.DeleteVersion(session, change), cancellationToken);

    /// <summary>Removes what versions of deleted models left, in bounded transactions; also what a deletion that was interrupted did.</summary>
    public async Task SweepAsync(long time, CancellationToken cancellationToken)
    {
        while (await _database.WriteAsync(time, static (session, time) => Sweep(session, time), Durability.Process, cancellationToken).ConfigureAwait(false) == SweepBatch)
        {
        }
    }

    private List<MovedAlias> DeleteModel(SqlSession session, Change change)
    {
        ModelRow model = LockModel(session, change.Model);
        List<MovedAlias> removed = RemoveAliases(session, model, change, number: null);
        session.Execute("DELETE FROM registry_model_tag WHERE model = @model", ("@model", model.Key));
        session.Execute(
            """
            UPDATE registry_model SET description = NULL, changed = @time, deleted = @time, removed_through = last_number
            WHERE model = @model
            """,
            ("@time", change.Time), ("@model", model.Key));
        AddEvent(session, model, new RegistryEvent("registry.model.deleted", change.Actor, change.Time));
        return removed;
    }

    private List<MovedAlias> DeleteVersion(SqlSession session, Change change)
    {
        ModelRow model = LockModel(session, change.Model);
        long version = RequireVersion(session, model, change.Number);
        List<MovedAlias> removed = RemoveAliases(session, model, change, change.Number);
        Release(session, version, OwnerOf(model.Key, change.Number));
        Hide(session, version, change.Time);
        TouchModel(session, model, change.Time);
        AddEvent(session, model, new RegistryEvent("registry.version.deleted", change.Actor, change.Time) { Number = change.Number });
        return removed;
    }

    /// <summary>By entries of their histories as any other change. The model's lock keeps others from setting one meanwhile.</summary>
    private List<MovedAlias> RemoveAliases(SqlSession session, ModelRow model, Change change, int? number)
    {
        List<string> aliases = session.Query(
            "SELECT alias FROM registry_alias WHERE model = @model AND number IS NOT NULL AND (number = @number OR @every = 1) ORDER BY alias",
            static row => row.GetString(0), ("@model", model.Key), ("@number", (long)number.GetValueOrDefault()), ("@every", number is null));
        List<MovedAlias> changes = new(aliases.Count);
        foreach (string alias in aliases)
        {
            changes.Add(Apply(session, model, LockAlias(session, model.Key, alias), new AliasMove(
                model.Name, alias, Expected.Any, change.Actor, change.Reason ?? (number is null ? "model deleted" : "version deleted"), null, change.Time)
            {
                Target = AliasTarget.Nothing,
            }));
        }

        return changes;
    }

    private static int Sweep(SqlSession session, long time)
    {
        List<(long Version, long Model, long Number, bool IsForgotten)> left = session.Query(
            """
            SELECT v.version, v.model, v.number, v.idempotency_key
            FROM registry_model m JOIN registry_version v ON v.model = m.model AND v.number <= m.removed_through
            WHERE m.removed_through > 0 AND (v.deleted IS NULL OR v.idempotency_key IS NULL)
            ORDER BY v.version LIMIT @count
            """,
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3)), ("@count", SweepBatch));
        foreach ((long version, long model, long number, bool isForgotten) in left)
        {
            Release(session, version, OwnerOf(model, number));
            if (isForgotten)
            {
                session.Execute("DELETE FROM registry_version WHERE version = @version", ("@version", version));
            }
            else
            {
                // Its key must go on to say that it was used.
                Hide(session, version, time);
            }
        }

        return left.Count;
    }

    private static void Hide(SqlSession session, long version, long time) => session.Execute(
        """
        UPDATE registry_version SET description = NULL, source = NULL, signature = NULL, changed = @time, deleted = @time
        WHERE version = @version
        """,
        ("@time", time), ("@version", version));

    /// <summary>Removes tags and references of a version; the bytes go by the next garbage collection unless something else refers to them.</summary>
    private static void Release(SqlSession session, long version, string owner)
    {
        List<byte[]> hashes = session.Query(
            "SELECT hash FROM registry_version WHERE version = @version UNION SELECT hash FROM registry_version_file WHERE version = @version",
            static row => row.GetFieldValue<byte[]>(0), ("@version", version));
        foreach (byte[] hash in hashes)
        {
            ArtifactCatalog.RemoveReference(session, new ContentHash(hash), owner);
        }

        session.Execute("DELETE FROM registry_version_file WHERE version = @version", ("@version", version));
        session.Execute("DELETE FROM registry_version_tag WHERE version = @version", ("@version", version));
    }
}
