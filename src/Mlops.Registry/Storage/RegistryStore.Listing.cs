using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const int ModelColumnCount = 7;

    private const string ModelColumns = "m.model, m.name, m.description, m.actor, m.created, COALESCE(m.changed, m.created), m.last_number";

    private const string ModelSource = "\nFROM registry_model m\n";

    private static readonly Func<DbDataReader, (RegisteredModel Model, long Key)> MapModel = static row => (
        new RegisteredModel
        {
            Name = row.GetString(1),
            Description = ReadText(row, 2),
            Actor = ReadText(row, 3),
            CreatedAt = UnixMicroseconds.ToTime(row.GetInt64(4)),
            ChangedAt = UnixMicroseconds.ToTime(row.GetInt64(5)),
            LastVersion = (int)row.GetInt64(6),
            Tags = new Dictionary<string, string>(),
            Aliases = new Dictionary<string, int>(),
        },
        row.GetInt64(0));

    public async ValueTask<RegisteredModel?> FindModelAsync(string name, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                "SELECT " + ModelColumns + ModelSource + "WHERE m.name = @name AND m.deleted IS NULL", MapModel, cancellationToken, ("@name", name)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) is [var found] ? found : null;

    public async ValueTask<ModelPage> ListModelsAsync(RegistryQuery query, CancellationToken cancellationToken)
    {
        SqlText sql = query.Build(ModelColumns, ModelSource, "m.deleted IS NULL");
        List<((RegisteredModel, long) Row, string Position)> rows = await _database.QueryAsync(
            sql.ToString(), row => (MapModel(row), query.PositionOf(row, ModelColumnCount)), cancellationToken, sql.Arguments).ConfigureAwait(false);
        (List<(RegisteredModel, long)> page, string? next) = Cut(rows, query.Take);
        return new ModelPage(await DescribeAsync(page, cancellationToken).ConfigureAwait(false), next);
    }

    public async ValueTask<VersionPage> ListVersionsAsync(RegistryQuery query, CancellationToken cancellationToken)
    {
        SqlText sql = query.Build(VersionColumns, VersionSource, Visible);
        List<((ModelVersion, long) Row, string Position)> rows = await _database.QueryAsync(
            sql.ToString(), row => (MapVersion(row), query.PositionOf(row, VersionColumnCount)), cancellationToken, sql.Arguments).ConfigureAwait(false);
        (List<(ModelVersion, long)> page, string? next) = Cut(rows, query.Take);
        return new VersionPage(await DescribeAsync(page, cancellationToken).ConfigureAwait(false), next);
    }

    /// <summary>The rows of the page, and where the next one begins when there is a row more than was asked for.</summary>
    private static (List<TRow> Page, string? Next) Cut<TRow>(List<(TRow Row, string Position)> rows, int take) => (
        rows.Take(take).Select(static row => row.Row).ToList(),
        rows.Count > take ? rows[take - 1].Position : null);

    /// <summary>Adds the tags and aliases of models in two queries, however many they are.</summary>
    private async ValueTask<List<RegisteredModel>> DescribeAsync(List<(RegisteredModel Model, long Key)> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        (string keys, (string Name, SqlValue Value)[] arguments) = KeyList.Of(rows.ConvertAll(static row => row.Key));
        ILookup<long, (long Key, string Name, string Value)> tags = (await _database.QueryAsync(
            $"SELECT model, name, value FROM registry_model_tag WHERE model IN ({keys})",
            static row => (Key: row.GetInt64(0), Name: row.GetString(1), Value: row.GetString(2)),
            cancellationToken, arguments).ConfigureAwait(false)).ToLookup(static tag => tag.Key);
        ILookup<long, (long Key, string Alias, int Number)> aliases = (await _database.QueryAsync(
            $"SELECT model, alias, number FROM registry_alias WHERE number IS NOT NULL AND model IN ({keys})",
            static row => (Key: row.GetInt64(0), Alias: row.GetString(1), Number: (int)row.GetInt64(2)),
            cancellationToken, arguments).ConfigureAwait(false)).ToLookup(static alias => alias.Key);
        return rows.ConvertAll(row => row.Model with
        {
            Tags = tags[row.Key].ToDictionary(static tag => tag.Name, static tag => tag.Value, StringComparer.Ordinal),
            Aliases = aliases[row.Key].ToDictionary(static alias => alias.Alias, static alias => alias.Number, StringComparer.Ordinal),
        });
    }
}
