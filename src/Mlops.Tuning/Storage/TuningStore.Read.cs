using System.Globalization;
using Mlops.Storage;

namespace Mlops.Tuning;

internal sealed partial class TuningStore
{
    private const int PageRows = 2_000;

    /// <summary>All trials by number, one short read per page.</summary>
    public async IAsyncEnumerable<TrialRecord> ReadTrialsAsync(
        StudyRow study, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {StoredRow.TrialColumns} FROM tuning_trial WHERE study_id = @study AND number > @after ORDER BY number LIMIT @rows";
        long after = -1;
        while (true)
        {
            List<TrialRecord> page = await _database.QueryAsync(
                Sql, row => StoredRow.ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@after", after), ("@rows", PageRows)).ConfigureAwait(false);
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
        const string Sql = $"SELECT {StoredRow.TrialColumns} FROM tuning_trial WHERE study_id = @study AND number = @number";
        List<TrialRecord> rows = await _database.QueryAsync(
            Sql, row => StoredRow.ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@number", number)).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    public async Task<TrialRecord?> FindBestAsync(StudyRow study, CancellationToken cancellationToken)
    {
        const string Best = $"SELECT {StoredRow.TrialColumns} FROM tuning_trial WHERE study_id = @study AND state = 3 AND COALESCE(violation, 0) = 0 ORDER BY value";
        const string Smallest = $"{Best} ASC, number LIMIT @rows";
        const string Largest = $"{Best} DESC, number LIMIT @rows";
        for (int rows = 1; ; rows *= 10)
        {
            List<TrialRecord> best = await _database.QueryAsync(
                study.Directions[0] == Direction.Minimize ? Smallest : Largest, row => StoredRow.ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@rows", rows))
                .ConfigureAwait(false);

            // A damaged row may sort first.
            if (best.Find(static trial => trial.State == TrialState.Completed) is { } found)
            {
                return found;
            }

            if (best.Count < rows)
            {
                return null;
            }
        }
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
        try
        {
            chunks.ForEach(chunk => TrialReports.Unpack(chunk, reports));
        }
        catch (InvalidDataException exception)
        {
            throw new StudyCorruptException(study.Name, string.Create(CultureInfo.InvariantCulture, $"the reports of trial {number}"), exception);
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
            $"SELECT {StoredRow.TrialColumns} FROM tuning_trial WHERE study_id = @study AND observed = 0 AND finish_sequence > @after ORDER BY finish_sequence LIMIT @rows";
        return await _database.QueryAsync(
            Sql, row => StoredRow.ReadTrial(row, study), cancellationToken, ("@study", study.Id), ("@after", after), ("@rows", PageRows)).ConfigureAwait(false);
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

    internal static string Key(long study, int number) => string.Create(CultureInfo.InvariantCulture, $"tuning/{study}/{number}");
}
