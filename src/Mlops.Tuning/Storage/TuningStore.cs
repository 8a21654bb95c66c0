using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Studies and trials in the database. An ask and a tell are one transaction each.</summary>
internal sealed partial class TuningStore
{
    private readonly Database _database;

    public TuningStore(Database database)
    {
        database.Require(TuningSchema.Migrations);
        _database = database;
    }

    public Task<StudyRow> OpenStudyAsync(
        string name, IReadOnlyList<Direction> directions, long seed, int? lag, string sampler, long now, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, directions: DirectionText.Write(directions), seed, lag: (long?)lag, sampler, now),
            static (session, state) =>
            {
                session.Execute(
                    """
                    INSERT INTO tuning_study (name, directions, seed, lag, sampler, created, next_number, finished)
                    VALUES (@name, @directions, @seed, @lag, @sampler, @now, 0, 0)
                    ON CONFLICT (name) DO NOTHING
                    """,
                    ("@name", state.name), ("@directions", state.directions), ("@seed", state.seed), ("@lag", state.lag), ("@sampler", state.sampler), ("@now", state.now));
                return session.QueryFirst(
                    "SELECT id, name, directions, seed, lag, sampler FROM tuning_study WHERE name = @name", static row => ReadStudy(row), ("@name", state.name))!;
            },
            Durability.Process,
            cancellationToken);

    public async Task<StudyRow?> FindStudyAsync(string name, CancellationToken cancellationToken)
    {
        List<StudyRow> rows = await _database.QueryAsync(
            "SELECT id, name, directions, seed, lag, sampler FROM tuning_study WHERE name = @name", static row => ReadStudy(row), cancellationToken, ("@name", name))
            .ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    public async Task<List<string>> ListStudyNamesAsync(CancellationToken cancellationToken) =>
        await _database.QueryAsync("SELECT name FROM tuning_study ORDER BY id", static row => row.GetString(0), cancellationToken).ConfigureAwait(false);

    /// <exception cref="StudyCorruptException">A domain cannot be read.</exception>
    public async Task<List<KeyValuePair<string, ParameterDomain>>> ReadDomainsAsync(StudyRow study, CancellationToken cancellationToken) =>
        await _database.QueryAsync(
            "SELECT name, domain FROM tuning_parameter WHERE study_id = @study ORDER BY name",
            row => KeyValuePair.Create(row.GetString(0), ReadDomain(study.Name, row.GetString(0), row.GetString(1))),
            cancellationToken,
            ("@study", study.Id)).ConfigureAwait(false);

    private static StudyRow ReadStudy(DbDataReader row)
    {
        string name = row.GetString(1);
        int? lag = row.IsDBNull(4) ? null : (int)row.GetInt64(4);
        return lag is < 0 or > Determinism.LongestLag
            ? throw new StudyCorruptException(name, "the lag")
            : new(row.GetInt64(0), name, DirectionText.Read(row.GetString(2)) ?? throw new StudyCorruptException(name, "the directions"), row.GetInt64(3), lag) { Sampler = row.GetString(5) };
    }

    private static ParameterDomain ReadDomain(string study, string parameter, string stored)
    {
        try
        {
            return ParameterJson.ReadDomain(stored);
        }
        catch (Exception exception) when (StoredRow.IsDamage(exception))
        {
            throw new StudyCorruptException(study, $"the domain of parameter '{parameter}'", exception);
        }
    }

    private static void RegisterDomains(SqlSession session, long study, string studyName, IReadOnlyList<KeyValuePair<string, ParameterDomain>> domains)
    {
        foreach ((string name, ParameterDomain domain) in domains)
        {
            int inserted = session.Execute(
                """
                INSERT INTO tuning_parameter (study_id, name, domain) VALUES (@study, @name, @domain)
                ON CONFLICT (study_id, name) DO NOTHING
                """,
                ("@study", study), ("@name", name), ("@domain", ParameterJson.WriteDomain(domain)));
            if (inserted == 1)
            {
                continue;
            }

            // The caller holds the study's row, so nobody changes the domain between these two statements.
            ParameterDomain known = ReadDomain(studyName, name, session.QueryFirst(
                "SELECT domain FROM tuning_parameter WHERE study_id = @study AND name = @name",
                static row => row.GetString(0),
                ("@study", study), ("@name", name))!);
            StudySpace.RequireCompatible(studyName, name, known, domain);
            session.Execute(
                "UPDATE tuning_parameter SET domain = @domain WHERE study_id = @study AND name = @name",
                ("@domain", ParameterJson.WriteDomain(known.Hull(domain))), ("@study", study), ("@name", name));
        }
    }
}
