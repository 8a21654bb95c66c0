using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    /// <summary>Numbers and stores a version whose bytes are uploaded and pinned.</summary>
    /// <returns>The version's number, and whether this call registered it.</returns>
    /// <exception cref="IdempotencyConflictException">The key belongs to other bytes or another model.</exception>
    /// <exception cref="VersionDeletedException">The key belongs to a version that was deleted since.</exception>
    public Task<(int Number, bool IsNew)> RegisterAsync(NewVersion version, CancellationToken cancellationToken) =>
        WriteAsync(version, static (store, session, version) => store.Register(session, version), cancellationToken);

    public Task<ModelRow> DescribeVersionAsync(Change change, string? description, CancellationToken cancellationToken) => WriteAsync(
        (change, description),
        static (store, session, state) => ChangeVersion(session, state.change, state.description, static (session, version, description) =>
            session.Execute("UPDATE registry_version SET description = @description WHERE version = @version", ("@description", description), ("@version", version)) == 1).Model,
        cancellationToken);

    public Task SetVersionTagAsync(Change change, string key, string value, CancellationToken cancellationToken) => WriteAsync(
        (change, key, value),
        static (store, session, state) => ChangeVersion(session, state.change, state, static (session, version, state) => session.Execute(
            """
            INSERT INTO registry_version_tag (version, name, value) VALUES (@version, @name, @value)
            ON CONFLICT (version, name) DO UPDATE SET value = excluded.value
            """,
            ("@version", version), ("@name", state.key), ("@value", state.value)) == 1),
        cancellationToken);

    public async Task<bool> RemoveVersionTagAsync(Change change, string key, CancellationToken cancellationToken) => (await WriteAsync(
        (change, key),
        static (store, session, state) => ChangeVersion(session, state.change, state.key, static (session, version, key) => session.Execute(
            "DELETE FROM registry_version_tag WHERE version = @version AND name = @name", ("@version", version), ("@name", key)) == 1),
        cancellationToken).ConfigureAwait(false)).Changed;

    /// <summary>Gives the version a stage, and archives those that had it before where that was asked for.</summary>
    public Task TransitionStageAsync(Change change, ModelStage stage, bool archiveExisting, CancellationToken cancellationToken) => WriteAsync(
        (change, stage, archiveExisting),
        static (store, session, state) => store.TransitionStage(session, state.change, state.stage, state.archiveExisting),
        cancellationToken);

    private static (ModelRow Model, bool Changed) ChangeVersion<TState>(SqlSession session, Change change, TState state, Func<SqlSession, long, TState, bool> apply)
    {
        ModelRow model = LockModel(session, change.Model);
        long version = RequireVersion(session, model, change.Number);
        bool changed = apply(session, version, state);
        if (changed)
        {
            TouchVersion(session, version, change.Time);
        }

        return (model, changed);
    }

    private bool TransitionStage(SqlSession session, Change change, ModelStage stage, bool archiveExisting)
    {
        ModelRow model = LockModel(session, change.Model);
        long version = RequireVersion(session, model, change.Number);
        List<(long Version, int Number)> archived = archiveExisting
            ? session.Query(
                """
                SELECT version, number FROM registry_version
                WHERE model = @model AND stage = @stage AND version <> @version AND deleted IS NULL AND number > @removed
                ORDER BY number
                """,
                static row => (row.GetInt64(0), (int)row.GetInt64(1)),
                ("@model", model.Key), ("@stage", (long)stage), ("@version", version), ("@removed", model.RemovedThrough))
            : [];
        foreach ((long other, int number) in archived)
        {
            SetStage(session, model, other, number, ModelStage.Archived, change);
        }

        SetStage(session, model, version, change.Number, stage, change);
        return true;
    }

    private void SetStage(SqlSession session, ModelRow model, long version, int number, ModelStage stage, Change change)
    {
        session.Execute(
            "UPDATE registry_version SET stage = @stage, changed = @changed WHERE version = @version",
            ("@stage", (long)stage), ("@changed", change.Time), ("@version", version));
        TouchModel(session, model, change.Time);
        AddEvent(session, model, new RegistryEvent("registry.stage.changed", change.Actor, change.Time)
        {
            Number = number,
            Stage = StageName(stage),
        });
    }

    private static string StageName(ModelStage stage) => stage switch
    {
        ModelStage.Staging => nameof(ModelStage.Staging),
        ModelStage.Production => nameof(ModelStage.Production),
        ModelStage.Archived => nameof(ModelStage.Archived),
        _ => nameof(ModelStage.None),
    };

    private (int Number, bool IsNew) Register(SqlSession session, NewVersion version)
    {
        // Before the model is created, because a repeated call creates nothing; and under its lock, because the first call may have been at the same time.
        if (FindRepeated(session, version) is { } repeated)
        {
            return (repeated, false);
        }

        ModelRow model = LockOrCreate(session, new NewModel(version.Model, null, new Dictionary<string, string>(), version.Actor, version.Time));
        if (FindRepeated(session, version) is { } meanwhile)
        {
            return (meanwhile, false);
        }

        int number = (int)model.LastNumber + 1;
        session.Execute(
            "UPDATE registry_model SET last_number = @number, changed = @changed WHERE model = @model",
            ("@number", number), ("@changed", version.Time), ("@model", model.Key));
        long? id = session.QueryFirst(
            """
            INSERT INTO registry_version
                (model, number, hash, length, format, signature, run_id, source, description, actor, created, changed, idempotency_key)
            VALUES (@model, @number, @hash, @length, @format, @signature, @run, @source, @description, @actor, @created, @created, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING version
            """,
            static row => (long?)row.GetInt64(0),
            ("@model", model.Key), ("@number", number), ("@hash", version.Artifact.Hash.ToArray()), ("@length", version.Artifact.Length),
            ("@format", (long)version.Format),
            ("@signature", version.Signature is null ? null : RegistryJson.Write(version.Signature)), ("@run", version.RunId),
            ("@source", version.Source), ("@description", version.Description), ("@actor", version.Actor), ("@created", version.Time),
            ("@key", version.IdempotencyKey));
        if (id is null)
        {
            throw new IdempotencyConflictException(version.IdempotencyKey!, "a version of another model that was registered at the same time");
        }

        foreach ((string name, string value) in version.Tags)
        {
            session.Execute(
                "INSERT INTO registry_version_tag (version, name, value) VALUES (@version, @name, @value)",
                ("@version", id.Value), ("@name", name), ("@value", value));
        }

        string owner = OwnerOf(model.Key, number);
        ArtifactCatalog.AddReference(session, version.Artifact.Hash, owner);
        AddFiles(session, id.Value, version.Files, owner);
        AddEvent(session, model, new RegistryEvent("registry.version.registered", version.Actor, version.Time) { Number = number });
        return (number, true);
    }

    private static void AddFiles(SqlSession session, long version, IReadOnlyList<ModelFile> files, string owner)
    {
        foreach (ModelFile file in files)
        {
            ArtifactCatalog.AddReference(session, file.Hash, owner);
            long? length = ArtifactCatalog.FindLength(session, file.Hash);
            if (length != file.Length)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"File '{file.Name}' is said to have {file.Length} bytes, artifact {file.Hash} has {length}."), nameof(files));
            }

            session.Execute(
                "INSERT INTO registry_version_file (version, hash) VALUES (@version, @hash) ON CONFLICT (version, hash) DO NOTHING",
                ("@version", version), ("@hash", file.Hash.ToArray()));
        }
    }

    /// <summary>By keys, so that a renamed model keeps its artifacts.</summary>
    private static string OwnerOf(long model, long number) => string.Create(CultureInfo.InvariantCulture, $"registry/model/{model}/{number}");

    /// <summary>The number that the first call under the key of this one was given; null when this is the first.</summary>
    private static int? FindRepeated(SqlSession session, NewVersion version)
    {
        if (version.IdempotencyKey is not { } key)
        {
            return null;
        }

        (string Model, int Number, ContentHash Hash, bool IsDeleted)? found = session.QueryFirst(
            """
            SELECT m.name, v.number, v.hash, v.deleted, m.removed_through FROM registry_version v JOIN registry_model m ON m.model = v.model
            WHERE v.idempotency_key = @key
            """,
            static row => ((string, int, ContentHash, bool)?)(
                row.GetString(0), (int)row.GetInt64(1), new ContentHash(row.GetFieldValue<byte[]>(2)), !row.IsDBNull(3) || row.GetInt64(1) <= row.GetInt64(4)),
            ("@key", key));
        if (found is not { } first)
        {
            return null;
        }

        if (first.Model != version.Model || first.Hash != version.Artifact.Hash)
        {
            throw new IdempotencyConflictException(key, string.Create(CultureInfo.InvariantCulture, $"version {first.Number} of '{first.Model}' with hash {first.Hash}"));
        }

        return first.IsDeleted ? throw new VersionDeletedException(first.Model, first.Number) : first.Number;
    }
}
