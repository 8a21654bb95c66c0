using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>The SQL of the registry, for both engines. Everything it decides survives loss of power. Thread-safe.</summary>
internal sealed partial class RegistryStore
{
    private readonly Database _database;
    private readonly Outbox? _outbox;

    public RegistryStore(Database database, Outbox? outbox)
    {
        _database = database;
        _outbox = outbox;
        database.Require(RegistrySchema.Migrations);
    }

    private Task<TResult> WriteAsync<TState, TResult>(
        TState state, Func<RegistryStore, SqlSession, TState, TResult> work, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (store: this, state, work), static (session, write) => write.work(write.store, session, write.state), Durability.Power, cancellationToken);

    /// <summary>Leaves a message for those who hear of it, in the transaction of what it tells of. The model's lock keeps a model's in order.</summary>
    private void AddEvent(SqlSession session, ModelRow model, RegistryEvent happened)
    {
        if (_outbox?.IsHeard(happened.Topic) == true)
        {
            _outbox.Add(session, happened.Topic, happened.IdOf(model), happened.ToJson(model));
        }
    }

    /// <summary>The model's row under its lock, which everything that changes the model takes first.</summary>
    /// <exception cref="ModelNotFoundException">There is no such model, or it is deleted.</exception>
    private static ModelRow LockModel(SqlSession session, string name) =>
        FindModelRow(session, name) is { IsDeleted: false } row ? row : throw new ModelNotFoundException(name);

    private static ModelRow? FindModelRow(SqlSession session, string name) => session.QueryFirst(
        session.Dialect.ForUpdate.Length == 0
            ? "SELECT model, name, last_number, removed_through, deleted FROM registry_model WHERE name = @name"
            : "SELECT model, name, last_number, removed_through, deleted FROM registry_model WHERE name = @name FOR UPDATE",
        static row => new ModelRow(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), !row.IsDBNull(4)),
        ("@name", name));

    /// <summary>The key of a version of a model whose lock is held.</summary>
    /// <exception cref="VersionNotFoundException">There is no such version, or it is deleted.</exception>
    private static long RequireVersion(SqlSession session, ModelRow model, int number) =>
        session.QueryFirst(
            "SELECT version FROM registry_version WHERE model = @model AND number = @number AND number > @removed AND deleted IS NULL",
            static row => (long?)row.GetInt64(0), ("@model", model.Key), ("@number", number), ("@removed", model.RemovedThrough))
        ?? throw new VersionNotFoundException(model.Name, number);

    private static void TouchModel(SqlSession session, ModelRow model, long time) => session.Execute(
        "UPDATE registry_model SET changed = @time WHERE model = @model", ("@time", time), ("@model", model.Key));

    private static void TouchVersion(SqlSession session, long version, long time) => session.Execute(
        "UPDATE registry_version SET changed = @time WHERE version = @version", ("@time", time), ("@version", version));

    private static int? ReadNumber(DbDataReader row, int column) => row.IsDBNull(column) ? null : (int)row.GetInt64(column);

    private static string? ReadText(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
