using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Reads one study of Optuna's relational storage, schema 12, which all its versions since 2.0 have written.</summary>
internal sealed class OptunaDatabase(DbConnection connection)
{
    private const long Schema = 12;
    private const int MaximumListed = 20;

    /// <exception cref="OptunaImportException">The schema is another, or there is no such study.</exception>
    public async Task<long> FindStudyAsync(string name, CancellationToken cancellationToken)
    {
        List<long> versions = await ReadAsync("SELECT schema_version FROM version_info", static row => Whole(row, 0), null, cancellationToken).ConfigureAwait(false);
        if (versions.Count == 0 || versions[0] != Schema)
        {
            throw new OptunaImportException($"Importing from Optuna: the database has schema {(versions.Count == 0 ? "none" : versions[0])}, schema {Schema} is read. Run 'optuna storage upgrade' there.");
        }

        List<(long Id, string Name)> studies =
            await ReadAsync("SELECT study_id, study_name FROM studies ORDER BY study_id", static row => (Whole(row, 0), row.GetString(1)), null, cancellationToken).ConfigureAwait(false);
        int found = studies.FindIndex(study => study.Name == name);
        return found >= 0
            ? studies[found].Id
            : throw new OptunaImportException($"Importing from Optuna: there is no study '{name}', but: {string.Join(", ", studies.Take(MaximumListed).Select(static study => study.Name))}.");
    }

    public async Task<List<Direction>> ReadDirectionsAsync(long study, CancellationToken cancellationToken) => await ReadAsync(
        "SELECT direction FROM study_directions WHERE study_id = @study ORDER BY objective",
        static row => Text(row, 0) == "MAXIMIZE" ? Direction.Maximize : Direction.Minimize, study, cancellationToken).ConfigureAwait(false);

    /// <summary>The finished trials by number, and how many have not finished.</summary>
    public async Task<(List<OptunaTrial> Trials, int Unfinished)> ReadTrialsAsync(long study, CancellationToken cancellationToken)
    {
        List<(long Id, OptunaTrial Trial)> trials = await ReadAsync(
            "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = @study ORDER BY number",
            static row => (Whole(row, 0), new OptunaTrial((int)Whole(row, 1), StateOf(Text(row, 2)), Time(row, 3), Time(row, 4))), study, cancellationToken).ConfigureAwait(false);
        Dictionary<long, OptunaTrial> finished = trials.Where(static trial => trial.Trial.State is not null).ToDictionary(static trial => trial.Id, static trial => trial.Trial);
        foreach ((long id, string name, double value, string distribution) in await ReadAsync(
            "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p JOIN trials t ON t.trial_id = p.trial_id WHERE t.study_id = @study ORDER BY p.param_id",
            static row => (Whole(row, 0), row.GetString(1), row.GetDouble(2), row.GetString(3)), study, cancellationToken).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Parameters.Add((name, value, distribution));
        }

        foreach ((long id, double value) in await ReadAsync(
            "SELECT v.trial_id, v.value, v.value_type FROM trial_values v JOIN trials t ON t.trial_id = v.trial_id WHERE t.study_id = @study ORDER BY v.trial_id, v.objective",
            static row => (Whole(row, 0), Number(row, 1, 2)), study, cancellationToken).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Values.Add(value);
        }

        foreach ((long id, int step, double value) in await ReadAsync(
            """
            SELECT v.trial_id, v.step, v.intermediate_value, v.intermediate_value_type FROM trial_intermediate_values v JOIN trials t ON t.trial_id = v.trial_id
            WHERE t.study_id = @study ORDER BY v.trial_id, v.step
            """,
            static row => (Whole(row, 0), (int)Whole(row, 1), Number(row, 2, 3)), study, cancellationToken).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Reports.Add(new TrialReport(step, value));
        }

        foreach ((long id, string json) in await ReadAsync(
            "SELECT a.trial_id, a.value_json FROM trial_system_attributes a JOIN trials t ON t.trial_id = a.trial_id WHERE t.study_id = @study AND a.key = 'constraints'",
            static row => (Whole(row, 0), row.GetString(1)), study, cancellationToken).ConfigureAwait(false))
        {
            if (finished.GetValueOrDefault(id) is { } trial)
            {
                ReadConstraints(json, trial.Constraints);
            }
        }

        return ([.. finished.Values.OrderBy(static trial => trial.Number)], trials.Count - finished.Count);
    }

    /// <summary>A list of values, or an object of them by name.</summary>
    private static void ReadConstraints(string json, Dictionary<string, double> constraints)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty constraint in document.RootElement.EnumerateObject())
            {
                constraints[constraint.Name] = constraint.Value.GetDouble();
            }
        }
        else if (document.RootElement.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement constraint in document.RootElement.EnumerateArray())
            {
                constraints[constraints.Count.ToString(CultureInfo.InvariantCulture)] = constraint.GetDouble();
            }
        }
    }

    private async Task<List<T>> ReadAsync<T>(string sql, Func<DbDataReader, T> read, long? study, CancellationToken cancellationToken)
    {
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            if (study is { } id)
            {
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = "@study";
                parameter.DbType = System.Data.DbType.Int64;
                parameter.Value = id;
                command.Parameters.Add(parameter);
            }

            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                List<T> rows = [];
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(read(reader));
                }

                return rows;
            }
        }
    }

    private static TrialState? StateOf(string state) => state switch
    {
        "COMPLETE" => TrialState.Completed,
        "PRUNED" => TrialState.Pruned,
        "FAIL" => TrialState.Failed,
        _ => null,
    };

    private static long Whole(DbDataReader row, int column) => Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);

    private static string Text(DbDataReader row, int column) => Convert.ToString(row.GetValue(column), CultureInfo.InvariantCulture)!;

    private static double Number(DbDataReader row, int column, int type) => Text(row, type) switch
    {
        "INF_POS" => double.PositiveInfinity,
        "INF_NEG" => double.NegativeInfinity,
        "NAN" => double.NaN,
        _ => row.GetDouble(column),
    };

    /// <summary>Optuna writes local times without a zone; they are kept as if they were UTC.</summary>
    private static long? Time(DbDataReader row, int column) => row.IsDBNull(column)
        ? null
        : UnixMicroseconds.From(new DateTimeOffset(DateTime.SpecifyKind(
            row.GetValue(column) as DateTime? ?? DateTime.Parse(row.GetString(column), CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault), DateTimeKind.Utc)));
}
