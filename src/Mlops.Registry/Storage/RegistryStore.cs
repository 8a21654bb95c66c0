using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>The SQL of the registry, for both engines. Everything it decides survives loss of power. Thread-safe.</summary>
internal sealed partial class RegistryStore
{
    private const string VersionColumns =
        "m.name, v.number, v.hash, v.length, v.signature, v.run_id, v.description, v.actor, v.created, v.version, v.format";

    private readonly Database _database;

    public RegistryStore(Database database)
    {
        _database = database;
        database.Require(RegistrySchema.Migrations);
    }

    /// <summary>Numbers and stores a version whose bytes are uploaded and pinned.</summary>
    /// <exception cref="IdempotencyConflictException">The key belongs to other bytes or another model.</exception>
    public Task<int> RegisterAsync(NewVersion version, CancellationToken cancellationToken) =>
        _database.WriteAsync(version, static (session, version) => Register(session, version), Durability.Power, cancellationToken);

    private static int Register(SqlSession session, NewVersion version)
    {
        session.Execute(
            "INSERT INTO registry_model (name, created, last_number) VALUES (@name, @created, 0) ON CONFLICT (name) DO NOTHING",
            ("@name", version.Model), ("@created", version.Time));
        (long model, long last) = session.QueryFirst(
            session.Dialect.ForUpdate.Length == 0
                ? "SELECT model, last_number FROM registry_model WHERE name = @name"
                : "SELECT model, last_number FROM registry_model WHERE name = @name FOR UPDATE",
            static row => (row.GetInt64(0), row.GetInt64(1)), ("@name", version.Model));
        if (version.IdempotencyKey is { } key && FindByKey(session, key) is { } first)
        {
            return first.Model == version.Model && first.Hash == version.Artifact.Hash
                ? first.Number
                : throw new IdempotencyConflictException(key, string.Create(CultureInfo.InvariantCulture, $"version {first.Number} of '{first.Model}' with hash {first.Hash}"));
        }

        long number = last + 1;
        session.Execute("UPDATE registry_model SET last_number = @number WHERE model = @model", ("@number", number), ("@model", model));
        long? id = session.QueryFirst(
            """
            INSERT INTO registry_version
                (model, number, hash, length, format, signature, run_id, description, actor, created, idempotency_key)
            VALUES (@model, @number, @hash, @length, @format, @signature, @run, @description, @actor, @created, @key)
            ON CONFLICT (idempotency_key) DO NOTHING
            RETURNING version
            """,
            static row => (long?)row.GetInt64(0),
            ("@model", model), ("@number", number), ("@hash", version.Artifact.Hash.ToArray()), ("@length", version.Artifact.Length),
            ("@format", (long)version.Format),
            ("@signature", version.Signature is null ? null : RegistryJson.Write(version.Signature)), ("@run", version.RunId),
            ("@description", version.Description), ("@actor", version.Actor), ("@created", version.Time), ("@key", version.IdempotencyKey));
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

        ArtifactCatalog.AddReference(
            session, version.Artifact.Hash, string.Create(CultureInfo.InvariantCulture, $"registry/model/{model}/{number}"));
        return (int)number;
    }

    private static (string Model, int Number, ContentHash Hash)? FindByKey(SqlSession session, string key) => session.QueryFirst(
        """
        SELECT m.name, v.number, v.hash FROM registry_version v JOIN registry_model m ON m.model = v.model
        WHERE v.idempotency_key = @key
        """,
        static row => ((string, int, ContentHash)?)(row.GetString(0), (int)row.GetInt64(1), new ContentHash(row.GetFieldValue<byte[]>(2))),
        ("@key", key));

    private static int? ReadNumber(DbDataReader row, int column) => row.IsDBNull(column) ? null : (int)row.GetInt64(column);

    private static string? ReadText(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
