using System.Buffers;
using System.Text;

namespace Mlops.Storage;

/// <summary>All migrations of one feature, in order. Created once, as a static field.</summary>
public sealed class MigrationSet
{
    private static readonly SearchValues<char> FeatureCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Creates the set.</summary>
    /// <param name="feature">The prefix of the feature's tables: lower-case letters, digits and underscores.</param>
    /// <param name="migrations">Versions 1, 2, 3, ...</param>
    /// <exception cref="ArgumentException">The name has other characters, or the versions are not 1, 2, 3, ...</exception>
    public MigrationSet(string feature, IReadOnlyList<Migration> migrations)
    {
        ArgumentException.ThrowIfNullOrEmpty(feature);
        ArgumentNullException.ThrowIfNull(migrations);
        if (feature.AsSpan().ContainsAnyExcept(FeatureCharacters))
        {
            throw new ArgumentException($"'{feature}' is no feature name: use lower-case letters, digits and underscores.", nameof(feature));
        }

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

    /// <summary>
    /// The scripts as one text for the engine, for databases that are changed by hand, with the statement that records them.
    /// <see cref="Database.MigrationsToSql"/> prints those of all features and the table they are recorded in.
    /// </summary>
    /// <param name="dialect">The engine's dialect.</param>
    /// <param name="after">The version the database is at; 0 for an empty one.</param>
    public string ToSql(SqlDialect dialect, int after = 0)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        var sql = new StringBuilder();
        SchemaScript.Append(sql, this, after, dialect);
        return sql.ToString();
    }
}
