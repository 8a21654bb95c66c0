using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Reads one study of Optuna's relational storage, schema 12 as its versions since 3.0 write it.</summary>
internal sealed class OptunaDatabase(DbConnection connection)
{
    private const long Schema = 12;
    private const int MaximumListed = 20;
    private const int PageTrials = 200;

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
        static row => Text(row, 0) switch
        {
            "MAXIMIZE" => Direction.Maximize,
            "MINIMIZE" => Direction.Minimize,
            var other => throw new FormatException($"A direction is '{other}'."),
        },
        study,
        cancellationToken).ConfigureAwait(false);

    /// <summary>Every distribution that a finished trial has a parameter with, and the first trial that has it.</summary>
    public async Task<List<(string Name, string Distribution, long Number)>> ReadDistributionsAsync(long study, CancellationToken cancellationToken) => await ReadAsync(
        """
        SELECT p.param_name, p.distribution_json, MIN(t.number) FROM trial_params p JOIN trials t ON t.trial_id = p.trial_id
        WHERE t.study_id = @study AND t.state IN ('COMPLETE', 'PRUNED', 'FAIL') GROUP BY p.param_name, p.distribution_json ORDER BY MIN(t.number), p.param_name
        """,
        static row => (row.GetString(0), row.GetString(1), Whole(row, 2)), study, cancellationToken).ConfigureAwait(false);

    /// <summary>The study's trials in the order in which they were made, finished or not, a page at a time.</summary>
    public async IAsyncEnumerable<List<OptunaTrial>> ReadTrialsAsync(long study, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long after = long.MinValue;
        while (true)
        {
            List<(long Id, OptunaTrial Trial)> page = await ReadAsync(
                $"SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials WHERE study_id = @study AND trial_id > @after ORDER BY trial_id LIMIT {PageTrials}",
                static row => (Whole(row, 0), new OptunaTrial(Whole(row, 1), StateOf(Text(row, 2)), Time(row, 3), Time(row, 4))), study, cancellationToken, after).ConfigureAwait(false);
            if (page.Count == 0)
            {
                yield break;
            }

            Dictionary<long, OptunaTrial> finished = page.Where(static trial => trial.Trial.State is not null).ToDictionary(static trial => trial.Id, static trial => trial.Trial);
            await AddDetailsAsync(finished, study, after, page[^1].Id, cancellationToken).ConfigureAwait(false);
            yield return page.ConvertAll(static trial => trial.Trial);
            after = page[^1].Id;
        }
    }

    private async Task AddDetailsAsync(Dictionary<long, OptunaTrial> finished, long study, long after, long to, CancellationToken cancellationToken)
    {
        const string Trials = "JOIN trials t ON t.trial_id = d.trial_id WHERE t.study_id = @study AND d.trial_id > @after AND d.trial_id <= @to";
        foreach ((long id, string name, double value, string distribution) in await ReadAsync(
            $"SELECT d.trial_id, d.param_name, d.param_value, d.distribution_json FROM trial_params d {Trials} ORDER BY d.param_id",
            static row => (Whole(row, 0), row.GetString(1), row.IsDBNull(2) ? double.NaN : row.GetDouble(2), row.GetString(3)), study, cancellationToken, after, to).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Parameters.Add((name, value, distribution));
        }

        foreach ((long id, double value) in await ReadAsync(
            $"SELECT d.trial_id, d.value, d.value_type FROM trial_values d {Trials} ORDER BY d.trial_id, d.objective",
            static row => (Whole(row, 0), Number(row, 1, 2)), study, cancellationToken, after, to).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Values.Add(value);
        }

        foreach ((long id, long step, double value) in await ReadAsync(
            $"SELECT d.trial_id, d.step, d.intermediate_value, d.intermediate_value_type FROM trial_intermediate_values d {Trials} ORDER BY d.trial_id, d.step",
            static row => (Whole(row, 0), Whole(row, 1), Number(row, 2, 3)), study, cancellationToken, after, to).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.Add(step, value);
        }

        foreach ((long id, string json) in await ReadAsync(
            $"SELECT d.trial_id, d.value_json FROM trial_system_attributes d {Trials} AND d.key = 'constraints'",
            static row => (Whole(row, 0), row.GetString(1)), study, cancellationToken, after, to).ConfigureAwait(false))
        {
            finished.GetValueOrDefault(id)?.ReadConstraints(json);
        }
    }

    private async Task<List<T>> ReadAsync<T>(string sql, Func<DbDataReader, T> read, long? study, CancellationToken cancellationToken, long? after = null, long? to = null)
    {
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            Add(command, "@study", study);
            Add(command, "@after", after);
            Add(command, "@to", to);
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

    private static void Add(DbCommand command, string name, long? value)
    {
        if (value is { } number)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.DbType = System.Data.DbType.Int64;
            parameter.Value = number;
            command.Parameters.Add(parameter);
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
        _ => row.IsDBNull(column) ? double.NaN : row.GetDouble(column),
    };

    /// <summary>Optuna writes local times without a zone; they are kept as if they were UTC.</summary>
    private static long? Time(DbDataReader row, int column) => row.IsDBNull(column)
        ? null
        : UnixMicroseconds.From(new DateTimeOffset(DateTime.SpecifyKind(
            row.GetValue(column) as DateTime? ?? DateTime.Parse(row.GetString(column), CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault), DateTimeKind.Utc)));
}
