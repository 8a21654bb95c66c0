using System.Data.Common;

namespace Mlops.Storage;

/// <summary>
/// What differs between the engines. Stores are written once, in the SQL that SQLite and PostgreSQL share
/// (<c>ON CONFLICT</c>, <c>RETURNING</c>, common table expressions, named parameters <c>@name</c>), and ask the dialect for the rest.
/// </summary>
public abstract class SqlDialect
{
    /// <summary>The engine's name, for messages and telemetry: <c>sqlite</c> or <c>postgresql</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Appended to a SELECT whose rows the transaction goes on to change; empty where writers are serialised anyway.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Like <see cref="ForUpdate"/>, but passes over rows that another transaction holds.</summary>
    public abstract string ForUpdateSkipLocked { get; }

    /// <summary>A subquery with a row per integer of a parameter, whose text is a JSON array of 64-bit integers: sets of any size are one argument.</summary>
    /// <param name="parameter">The parameter's name, as in <c>@keys</c>.</param>
    public abstract string IntegersOf(string parameter);

    /// <summary>
    /// A condition that a row is one of a few that the same statement picks. It finds them by where they are stored, so that what the statement costs
    /// does not depend on the size of the table, nor on what the engine's statistics say of it. It must be the only condition, on a table with
    /// rowids.
    /// </summary>
    /// <param name="picked">The rest of a query after its columns, for example <c>FROM job WHERE state = 1 ORDER BY id LIMIT 10</c>.</param>
    public abstract string IsRowOf(string picked);

    /// <summary>Replaces the type tokens of a migration script. Tokens: {int} {real} {text} {blob} {identity} {table} {keyed}.</summary>
    /// <param name="script">
    /// DDL where <c>{int}</c> is a 64-bit integer, <c>{real}</c> a double, <c>{text}</c> text ordered by its UTF-8 bytes, <c>{blob}</c> bytes,
    /// <c>{identity}</c> a 64-bit primary key that the engine numbers, <c>{table}</c> the options of a table with rowids
    /// and <c>{keyed}</c> those of a table stored in primary-key order where the engine can.
    /// </param>
    public abstract string ExpandTypes(string script);

    /// <summary>Takes the lock under which migrations run; it is released with the transaction.</summary>
    internal protected abstract void LockForMigration(SqlSession session);

    /// <summary>Whether the database has a table of this name.</summary>
    internal protected abstract bool TableExists(SqlSession session, string name);

    /// <summary>Reads the clock that leases are measured by, in microseconds since 1970-01-01 UTC.</summary>
    internal protected abstract long ReadClock(SqlSession session);

    /// <summary>True when repeating the transaction may succeed (deadlock, serialisation failure, busy, connection lost).</summary>
    internal protected abstract bool IsTransient(DbException exception);

    /// <summary>True when the transaction was a victim of another one, so that repeating it at once is right (deadlock, serialisation failure).</summary>
    internal protected virtual bool IsConflict(DbException exception) => IsTransient(exception);

    /// <summary>True when the exception reports a violated primary key or unique constraint.</summary>
    public abstract bool IsUniqueViolation(DbException exception);
}
