using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private const int VersionColumnCount = 14;

    private const string VersionColumns =
        """
        v.version, m.name, v.number, v.hash, v.length, v.format, v.signature, v.run_id, v.source, v.stage, v.description, v.actor, v.created,
            COALESCE(v.changed, v.created)
        """;

    private const string VersionSource = "\nFROM registry_version v JOIN registry_model m ON m.model = v.model\n";

    private const string SelectVersion = "SELECT " + VersionColumns + VersionSource;

    /// <summary>What a lookup sees: neither a deleted version nor one of a deleted model.</summary>
    private const string Visible = "v.deleted IS NULL AND v.number > m.removed_through";

    private static readonly Func<DbDataReader, (ModelVersion Version, long Key)> MapVersion = static row => (
        new ModelVersion
        {
            Model = row.GetString(1),
            Number = (int)row.GetInt64(2),
            Hash = new ContentHash(row.GetFieldValue<byte[]>(3)),
            Length = row.GetInt64(4),
            Format = (ModelFormat)row.GetInt64(5),
            Signature = row.IsDBNull(6) ? null : RegistryJson.ReadSignature(row.GetString(6)),
            RunId = ReadText(row, 7),
            Source = ReadText(row, 8),
            Stage = (ModelStage)row.GetInt64(9),
            Description = ReadText(row, 10),
            Actor = row.GetString(11),
            RegisteredAt = UnixMicroseconds.ToTime(row.GetInt64(12)),
            ChangedAt = UnixMicroseconds.ToTime(row.GetInt64(13)),
            Tags = new Dictionary<string, string>(),
            Aliases = [],
        },
        row.GetInt64(0));

    public async ValueTask<ModelVersion?> FindVersionAsync(string model, int number, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                SelectVersion + $"WHERE m.name = @model AND v.number = @number AND {Visible}",
                MapVersion, cancellationToken, ("@model", model), ("@number", number)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) is [var found] ? found : null;

    /// <summary>By the model's key, so that a renaming between two reads does not mix models.</summary>
    private async ValueTask<ModelVersion?> FindVersionAsync(long model, int number, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                SelectVersion + $"WHERE v.model = @model AND v.number = @number AND {Visible}",
                MapVersion, cancellationToken, ("@model", model), ("@number", number)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) is [var found] ? found : null;

    /// <summary>What the alias points to, and where it is.</summary>
    public async ValueTask<(ModelVersion? Version, AliasPosition Position)> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        AliasState state = await ReadAliasAsync(model, alias, cancellationToken).ConfigureAwait(false);
        return state.Number is { } number
            ? (await FindVersionAsync(state.Model, number, cancellationToken).ConfigureAwait(false), state.Position)
            : (null, state.Position);
    }

    public async ValueTask<AliasState> ReadAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        List<AliasState> found = await _database.QueryAsync(
            """
            SELECT a.model, a.number, a.sequence, a.changed FROM registry_alias a JOIN registry_model m ON m.model = a.model
            WHERE m.name = @model AND a.alias = @alias
            """,
            MapState, cancellationToken, ("@model", model), ("@alias", alias)).ConfigureAwait(false);
        return found.Count == 0 ? default : found[0];
    }

    public async ValueTask<ModelVersion?> FindLiveAtAsync(string model, string alias, long time, CancellationToken cancellationToken)
    {
        List<(long Model, int? Number)> found = await _database.QueryAsync(
            """
            SELECT c.model, c.number FROM registry_alias_change c JOIN registry_model m ON m.model = c.model
            WHERE m.name = @model AND c.alias = @alias AND c.changed <= @time
            ORDER BY c.sequence DESC LIMIT 1
            """,
            static row => (row.GetInt64(0), ReadNumber(row, 1)), cancellationToken, ("@model", model), ("@alias", alias), ("@time", time)).ConfigureAwait(false);
        return found is [(var key, { } number)] ? await FindVersionAsync(key, number, cancellationToken).ConfigureAwait(false) : null;
    }

    public async ValueTask<bool> ModelExistsAsync(string model, CancellationToken cancellationToken)
    {
        List<long> found = await _database.QueryAsync(
            "SELECT model FROM registry_model WHERE name = @name AND deleted IS NULL",
            static row => row.GetInt64(0), cancellationToken, ("@name", model)).ConfigureAwait(false);
        return found.Count > 0;
    }

    public ValueTask<List<AliasChange>> ReadHistoryAsync(string model, string alias, CancellationToken cancellationToken) => _database.QueryAsync(
        $"""
        SELECT {ChangeColumns} FROM registry_alias_change c JOIN registry_model m ON m.model = c.model
        WHERE m.name = @model AND c.alias = @alias
        ORDER BY c.sequence
        """,
        MapChange, cancellationToken, ("@model", model), ("@alias", alias));

    /// <summary>Versions of a model, the newest first, older than the one given.</summary>
    public async ValueTask<List<ModelVersion>> ListVersionsAsync(string model, int take, long before, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                SelectVersion + $"WHERE m.name = @model AND v.number < @before AND {Visible} ORDER BY v.number DESC LIMIT @take",
                MapVersion, cancellationToken, ("@model", model), ("@before", before), ("@take", take)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<List<ModelVersion>> ListVersionsOfRunAsync(string runId, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                SelectVersion + $"WHERE v.run_id = @run AND {Visible} ORDER BY v.version",
                MapVersion, cancellationToken, ("@run", runId)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    /// <summary>The newest version of each model in each stage that has one, by model and stage.</summary>
    public async ValueTask<List<ModelVersion>> ListLatestVersionsAsync(IReadOnlyCollection<string> models, CancellationToken cancellationToken)
    {
        SqlText sql = new SqlText().Append(SelectVersion + "WHERE ")
            .AppendValues("m.name", FilterOperator.In, models.Select(static model => (SqlValue)model))
            .Append($"""
                 AND {Visible} AND NOT EXISTS (
                    SELECT 1 FROM registry_version w
                    WHERE w.model = v.model AND w.stage = v.stage AND w.number > v.number AND w.deleted IS NULL)
                ORDER BY m.name, v.stage
                """);
        return await DescribeAsync(
            await _database.QueryAsync(sql.ToString(), MapVersion, cancellationToken, sql.Arguments).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds the tags and aliases of versions in two queries, however many they are.</summary>
    private async ValueTask<List<ModelVersion>> DescribeAsync(List<(ModelVersion Version, long Key)> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        (string keys, (string Name, SqlValue Value)[] arguments) = KeyList.Of(rows.ConvertAll(static row => row.Key));
        ILookup<long, (long Key, string Name, string Value)> tags = (await _database.QueryAsync(
            $"SELECT version, name, value FROM registry_version_tag WHERE version IN ({keys})",
            static row => (Key: row.GetInt64(0), Name: row.GetString(1), Value: row.GetString(2)),
            cancellationToken, arguments).ConfigureAwait(false)).ToLookup(static tag => tag.Key);
        ILookup<long, (long Key, string Alias)> aliases = (await _database.QueryAsync(
            $"""
            SELECT v.version, a.alias FROM registry_version v JOIN registry_alias a ON a.model = v.model AND a.number = v.number
            WHERE v.version IN ({keys})
            ORDER BY a.alias, v.version
            """,
            static row => (Key: row.GetInt64(0), Alias: row.GetString(1)),
            cancellationToken, arguments).ConfigureAwait(false)).ToLookup(static alias => alias.Key);
        return rows.ConvertAll(row => row.Version with
        {
            Tags = tags[row.Key].ToDictionary(static tag => tag.Name, static tag => tag.Value, StringComparer.Ordinal),
            Aliases = [.. aliases[row.Key].Select(static alias => alias.Alias)],
        });
    }
}
