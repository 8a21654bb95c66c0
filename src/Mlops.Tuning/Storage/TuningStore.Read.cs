using System.Data.Common;
using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    private const int PageRows = 2_000;

    // The columns of ReadTrial, in its order. A macro would be shorter; a constant keeps the statements prepared by reference.
    private const string TrialColumns =
        "number, state, attempt, value, further_values, parameters, reason, last_step, last_report, started, finished, finish_sequence, constraints, watermark";

    /// <summary>All trials by number, one short read per page.</summary>
    public async IAsyncEnumerable<TrialRecord> ReadTrialsAsync(
        StudyRow study, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {TrialColumns} FROM tuning_trial WHERE study_id = @study AND number > @after ORDER BY number LIMIT @rows";
        long after = -1;
        while (true)
        {
            List<TrialRecord> page = await _database.QueryAsync(
                Sql, row => ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@after", after), ("@rows", PageRows)).ConfigureAwait(false);
            foreach (TrialRecord trial in page)
            {
                yield return trial;
            }

            if (page.Count < PageRows)
            {
                yield break;
            }

            after = page[^1].Number;
        }
    }

    public async Task<TrialRecord?> FindTrialAsync(StudyRow study, int number, CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {TrialColumns} FROM tuning_trial WHERE study_id = @study AND number = @number";
        List<TrialRecord> rows = await _database.QueryAsync(
            Sql, row => ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@number", number)).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    public async Task<TrialRecord?> FindBestAsync(StudyRow study, CancellationToken cancellationToken)
    {
        const string Smallest = $"SELECT {TrialColumns} FROM tuning_trial WHERE study_id = @study AND state = 3 AND COALESCE(violation, 0) = 0 ORDER BY value ASC, number LIMIT 1";
        const string Largest = $"SELECT {TrialColumns} FROM tuning_trial WHERE study_id = @study AND state = 3 AND COALESCE(violation, 0) = 0 ORDER BY value DESC, number LIMIT 1";
        List<TrialRecord> rows = await _database.QueryAsync(
            study.Directions[0] == Direction.Minimize ? Smallest : Largest, row => ReadTrial(row, study), cancellationToken, ("@study", study.Id))
            .ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    public async Task<List<TrialReport>> ReadReportsAsync(StudyRow study, int number, CancellationToken cancellationToken)
    {
        List<byte[]> chunks = await _database.QueryAsync(
            """
            SELECT r.points FROM tuning_report r JOIN tuning_trial t ON t.id = r.trial_id
            WHERE t.study_id = @study AND t.number = @number ORDER BY r.chunk
            """,
            static row => row.GetFieldValue<byte[]>(0),
            cancellationToken,
            ("@study", study.Id), ("@number", number)).ConfigureAwait(false);
        var reports = new SortedDictionary<int, double>();
        foreach (byte[] chunk in chunks)
        {
            TrialReports.Unpack(chunk, reports);
        }

        return [.. reports.Select(static report => new TrialReport(report.Key, report.Value))];
    }

    public async Task<StudyCounts> CountAsync(StudyRow study, CancellationToken cancellationToken)
    {
        List<(TrialState State, long Count)> rows = await _database.QueryAsync(
            "SELECT state, count(*) FROM tuning_trial WHERE study_id = @study GROUP BY state ORDER BY state",
            static row => ((TrialState)row.GetInt64(0), row.GetInt64(1)),
            cancellationToken,
            ("@study", study.Id)).ConfigureAwait(false);
        return new StudyCounts(Of(TrialState.Running), Of(TrialState.Completed), Of(TrialState.Pruned), Of(TrialState.Failed), Of(TrialState.Paused));

        int Of(TrialState state) => (int)rows.Find(row => row.State == state).Count;
    }

    /// <summary>Finished trials that an observer has not been told of, in the order of finishing.</summary>
    public async Task<List<TrialRecord>> ReadUnobservedAsync(StudyRow study, long after, CancellationToken cancellationToken)
    {
        const string Sql =
            $"SELECT {TrialColumns} FROM tuning_trial WHERE study_id = @study AND observed = 0 AND finish_sequence > @after ORDER BY finish_sequence LIMIT @rows";
        return await _database.QueryAsync(
            Sql, row => ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@after", after), ("@rows", PageRows)).ConfigureAwait(false);
    }

    public Task<int> MarkObservedAsync(long study, IReadOnlyList<int> numbers, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (study, numbers),
            static (session, state) =>
            {
                foreach (int number in state.numbers)
                {
                    session.Execute(
                        "UPDATE tuning_trial SET observed = 1 WHERE study_id = @study AND number = @number", ("@study", state.study), ("@number", number));
                }

                return state.numbers.Count;
            },
            Durability.Process,
            cancellationToken);

    private static TrialRecord ReadTrial(DbDataReader row, StudyRow study)
    {
        int number = (int)row.GetInt64(0);
        return new TrialRecord
        {
            Study = study.Name,
            Key = Key(study.Id, number),
            Number = number,
            State = row.GetInt64(2) == 0 ? TrialState.Waiting : (TrialState)row.GetInt64(1),
            Attempt = (int)row.GetInt64(2),
            Values = row.IsDBNull(3) ? [] : ObjectiveValues.Read(row.GetDouble(3), row.IsDBNull(4) ? null : row.GetString(4)),
            Parameters = new OrderedDictionary<string, ParameterValue>(ParameterJson.Read(row.GetString(5)), StringComparer.Ordinal),
            Reason = row.IsDBNull(6) ? null : row.GetString(6),
            LastReport = row.IsDBNull(7) ? null : new TrialReport((int)row.GetInt64(7), BitConverter.Int64BitsToDouble(row.GetInt64(8))),
            Started = UnixMicroseconds.ToTime(row.GetInt64(9)),
            Finished = row.IsDBNull(10) ? null : UnixMicroseconds.ToTime(row.GetInt64(10)),
            Constraints = ConstraintValues.Read(row.IsDBNull(12) ? null : row.GetString(12)),
            FinishSequence = row.IsDBNull(11) ? 0 : row.GetInt64(11),
            Watermark = row.GetInt64(13),
        };
    }

    internal static string Key(long study, int number) => string.Create(CultureInfo.InvariantCulture, $"tuning/{study}/{number}");
}
