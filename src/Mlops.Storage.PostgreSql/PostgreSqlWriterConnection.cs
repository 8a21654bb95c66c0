using Npgsql;

namespace Mlops.Storage.PostgreSql;

internal sealed class PostgreSqlWriterConnection(NpgsqlConnection connection) : WriterConnection(new SqlSession(connection, PostgreSqlDialect.Instance, prepare: true))
{
    private NpgsqlTransaction? _transaction;
    private Durability? _level;

    public override void Begin(Durability durability)
    {
        if (_level != durability)
        {
            _level = null;
            using NpgsqlCommand command = connection.CreateCommand();
            command.CommandText = durability == Durability.Power ? "SET synchronous_commit = on" : "SET synchronous_commit = off";
            command.ExecuteNonQuery();
            _level = durability;
        }

        _transaction = connection.BeginTransaction();
    }

    public override void Commit()
    {
        _transaction?.Commit();
        Forget();
    }

    public override void Rollback()
    {
        if (_transaction is not null && IsUsable)
        {
            _transaction.Rollback();
        }

        Forget();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
        }

        base.Dispose(disposing);
    }

    private void Forget()
    {
        _transaction?.Dispose();
        _transaction = null;
    }
}
