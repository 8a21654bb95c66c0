using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Registry;

internal sealed partial class RegistryStore
{
    private static readonly Func<DbDataReader, (ModelVersion Version, long Key)> MapVersion = static row => (
        new ModelVersion
        {
            Model = row.GetString(0),
            Number = (int)row.GetInt64(1),
            Hash = new ContentHash(row.GetFieldValue<byte[]>(2)),
            Length = row.GetInt64(3),
            Format = (ModelFormat)row.GetInt64(10),
            Signature = row.IsDBNull(4) ? null : RegistryJson.ReadSignature(row.GetString(4)),
            RunId = ReadText(row, 5),
            Description = ReadText(row, 6),
            Actor = row.GetString(7),
            RegisteredAt = UnixTime.ToTime(row.GetInt64(8)),
            Tags = new Dictionary<string, string>(),
        },
        row.GetInt64(9));

    public async ValueTask<ModelVersion?> FindVersionAsync(string model, int number, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                $"""
                SELECT {VersionColumns} FROM registry_version v JOIN registry_model m ON m.model = v.model
                WHERE m.name = @model AND v.number = @number
                """,
                MapVersion, cancellationToken, ("@model", model), ("@number", number)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false) is [var found] ? found : null;

    /// <summary>What the alias points to, and the number of the change that made it so; 0 for an alias that was never set.</summary>
    public async ValueTask<(ModelVersion? Version, long Sequence)> FindByAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        AliasState state = await ReadAliasAsync(model, alias, cancellationToken).ConfigureAwait(false);
        return state.Number is { } number
            ? (await FindVersionAsync(model, number, cancellationToken).ConfigureAwait(false), state.Sequence)
            : (null, state.Sequence);
    }

    public async ValueTask<AliasState> ReadAliasAsync(string model, string alias, CancellationToken cancellationToken)
    {
        List<AliasState> found = await _database.QueryAsync(
            """
            SELECT a.number, a.sequence, a.changed FROM registry_alias a JOIN registry_model m ON m.model = a.model
            WHERE m.name = @model AND a.alias = @alias
            """,
            static row => new AliasState(ReadNumber(row, 0), row.GetInt64(1), row.GetInt64(2)),
            cancellationToken, ("@model", model), ("@alias", alias)).ConfigureAwait(false);
        return found.Count == 0 ? default : found[0];
    }

    public async ValueTask<ModelVersion?> FindLiveAtAsync(string model, string alias, long time, CancellationToken cancellationToken)
    {
        List<int?> found = await _database.QueryAsync(
            """
            SELECT c.number FROM registry_alias_change c JOIN registry_model m ON m.model = c.model
            WHERE m.name = @model AND c.alias = @alias AND c.changed <= @time
            ORDER BY c.sequence DESC LIMIT 1
            """,
            static row => ReadNumber(row, 0), cancellationToken, ("@model", model), ("@alias", alias), ("@time", time)).ConfigureAwait(false);
        return found is [{ } number] ? await FindVersionAsync(model, number, cancellationToken).ConfigureAwait(false) : null;
    }

    public async ValueTask<bool> ModelExistsAsync(string model, CancellationToken cancellationToken)
    {
        List<long> found = await _database.QueryAsync(
            "SELECT model FROM registry_model WHERE name = @name", static row => row.GetInt64(0), cancellationToken, ("@name", model)).ConfigureAwait(false);
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
                $"""
                SELECT {VersionColumns} FROM registry_version v JOIN registry_model m ON m.model = v.model
                WHERE m.name = @model AND v.number < @before
                ORDER BY v.number DESC LIMIT @take
                """,
                MapVersion, cancellationToken, ("@model", model), ("@before", before), ("@take", take)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<List<ModelVersion>> ListVersionsOfRunAsync(string runId, CancellationToken cancellationToken) =>
        await DescribeAsync(
            await _database.QueryAsync(
                $"""
                SELECT {VersionColumns} FROM registry_version v JOIN registry_model m ON m.model = v.model
                WHERE v.run_id = @run
                ORDER BY v.version
                """,
                MapVersion, cancellationToken, ("@run", runId)).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Models by name, behind the one given.</summary>
    public async ValueTask<List<RegisteredModel>> ListModelsAsync(int take, string after, CancellationToken cancellationToken)
    {
        List<(long Key, string Name, int Last, long Created)> models = await _database.QueryAsync(
            "SELECT model, name, last_number, created FROM registry_model WHERE name > @after ORDER BY name LIMIT @take",
            static row => (row.GetInt64(0), row.GetString(1), (int)row.GetInt64(2), row.GetInt64(3)),
            cancellationToken, ("@after", after), ("@take", take)).ConfigureAwait(false);
        if (models.Count == 0)
        {
            return [];
        }

        List<(long Model, string Alias, int Number)> aliases = await _database.QueryAsync(
            """
            SELECT a.model, a.alias, a.number FROM registry_alias a JOIN registry_model m ON m.model = a.model
            WHERE m.name > @after AND m.name <= @last AND a.number IS NOT NULL
            ORDER BY a.model, a.alias
            """,
            static row => (row.GetInt64(0), row.GetString(1), (int)row.GetInt64(2)),
            cancellationToken, ("@after", after), ("@last", models[^1].Name)).ConfigureAwait(false);
        ILookup<long, (long Model, string Alias, int Number)> byModel = aliases.ToLookup(static alias => alias.Model);
        return models.ConvertAll(model => new RegisteredModel(
            model.Name, model.Last, UnixTime.ToTime(model.Created),
            byModel[model.Key].ToDictionary(static alias => alias.Alias, static alias => alias.Number, StringComparer.Ordinal)));
    }

    private async ValueTask<List<ModelVersion>> DescribeAsync(List<(ModelVersion Version, long Key)> rows, CancellationToken cancellationToken)
    {
        List<ModelVersion> versions = new(rows.Count);
        foreach ((ModelVersion version, long key) in rows)
        {
            List<(string Name, string Value)> tags = await _database.QueryAsync(
                "SELECT name, value FROM registry_version_tag WHERE version = @version ORDER BY name",
                static row => (row.GetString(0), row.GetString(1)), cancellationToken, ("@version", key)).ConfigureAwait(false);
            versions.Add(tags.Count == 0
                ? version
                : version with { Tags = tags.ToDictionary(static tag => tag.Name, static tag => tag.Value, StringComparer.Ordinal) });
        }

        return versions;
    }
}
