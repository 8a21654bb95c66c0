using System.Text;

namespace Mlops.Storage;

/// <summary>All migrations of one feature, in order. Created once, as a static field.</summary>
public sealed class MigrationSet
{
    /// <summary>Creates the set.</summary>
    /// <param name="feature">Lower-case name, the prefix of the feature's tables.</param>
    /// <param name="migrations">Versions 1, 2, 3, ...</param>
    /// <exception cref="ArgumentException">The versions are not 1, 2, 3, ...</exception>
    public MigrationSet(string feature, IReadOnlyList<Migration> migrations)
    {
        ArgumentException.ThrowIfNullOrEmpty(feature);
        ArgumentNullException.ThrowIfNull(migrations);
        for (int i = 0; i < migrations.Count; i++)
        {
            if (migrations[i].Version != i + 1)
            {
                throw new ArgumentException($"Migration {i} of '{feature}' has version {migrations[i].Version}, expected {i + 1}.", nameof(migrations));
            }
        }

        Feature = feature;
        Migrations = migrations;
    }

    /// <summary>The feature's name.</summary>
    public string Feature { get; }

    /// <summary>The changes, oldest first.</summary>
    public IReadOnlyList<Migration> Migrations { get; }

    /// <summary>The newest version this code knows.</summary>
    public int Version => Migrations.Count;

    /// <summary>The scripts as one text for the engine, for databases that are changed by hand.</summary>
    public string ToSql(SqlDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        var sql = new StringBuilder();
        foreach (Migration migration in Migrations)
        {
            sql.Append("-- ").Append(Feature).Append(' ').Append(migration.Version).Append('\n')
                .Append(dialect.ExpandTypes(migration.Script)).Append('\n');
        }

        return sql.ToString();
    }
}
