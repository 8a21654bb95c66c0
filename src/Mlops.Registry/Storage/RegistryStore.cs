using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>The SQL of the registry, for both engines. Everything it decides survives loss of power. Thread-safe.</summary>
internal sealed partial class RegistryStore
{
    private readonly Database _database;

    public RegistryStore(Database database)
    {
        _database = database;
        database.Require(RegistrySchema.Migrations);
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
