using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Mlops.Storage.Tests;

/// <summary>A writer's connection that only notes what the writer does with it.</summary>
internal sealed class FakeWriterConnection(List<string> log) : WriterConnection(new SqlSession(new NoConnection(), new NoDialect(), prepare: false))
{
    /// <summary>How many of the next commits are refused.</summary>
    public int RefusedCommits { get; set; }

    public override bool IsUsable => true;

    public override void Begin(Durability durability) => log.Add($"begin {durability}");

    public override void Commit()
    {
        if (RefusedCommits-- > 0)
        {
            throw new InvalidOperationException("refused");
        }

        log.Add("commit");
    }

    public override void Rollback() => log.Add("rollback");

    public sealed class NoDialect : SqlDialect
    {
        public override string Name => "none";

        public override string ForUpdate => "";

        public override string ForUpdateSkipLocked => "";

        public override string IsRowOf(string picked) => throw new NotSupportedException();

        public override string IntegersOf(string parameter) => throw new NotSupportedException();

        public override string ExpandTypes(string script) => script;

        public override bool IsUniqueViolation(DbException exception) => false;

        protected internal override void LockForMigration(SqlSession session) => throw new NotSupportedException();

        protected internal override bool TableExists(SqlSession session, string name) => throw new NotSupportedException();

        protected internal override long ReadClock(SqlSession session) => throw new NotSupportedException();

        protected internal override bool IsTransient(DbException exception) => false;
    }

    private sealed class NoConnection : DbConnection
    {
        [AllowNull]
        public override string ConnectionString { get; set; } = "";

        public override string Database => "";

        public override string DataSource => "";

        public override string ServerVersion => "";

        public override ConnectionState State => ConnectionState.Open;

        public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

        public override void Close()
        {
        }

        public override void Open()
        {
        }

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

        protected override DbCommand CreateDbCommand() => throw new NotSupportedException();
    }
}
