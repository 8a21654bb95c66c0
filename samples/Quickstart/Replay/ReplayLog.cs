using System.Data.Common;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mlops.Drift;
using Mlops.Storage;

namespace Quickstart;

/// <summary>
/// The prediction log with its labels, and how far the replay has come: a table of the sample's own in the same database, so that a day is
/// closed in one transaction with the monitor's state.
/// </summary>
public sealed class ReplayLog
{
    private const string Columns = "day, features, actual, prediction, prediction_id, version, frozen, day_end";

    private static readonly MigrationSet Migrations = new("quickstart",
    [
        new Migration(1, """
            CREATE TABLE quickstart_day (
                day {int} NOT NULL PRIMARY KEY,
                features {blob} NOT NULL,
                actual {real},
                prediction {real},
                prediction_id {text},
                version {int},
                frozen {real},
                day_end {text}
            ) {table};
            """),
    ]);

    private readonly Database _database;
    private readonly SingleReplay _right;

    public ReplayLog(Database database, SingleReplay right)
    {
        database.Require(Migrations);
        _database = database;
        _right = right;
    }

    /// <summary>Stores the days before the replay, whose labels are known. Repeating it changes nothing.</summary>
    public Task ImportAsync(IReadOnlyList<TrainingRow> history, CancellationToken cancellationToken) => _database.WriteAsync(
        history,
        static (session, rows) =>
        {
            foreach (TrainingRow row in rows)
            {
                session.Execute(
                    "INSERT INTO quickstart_day (day, features, actual) VALUES (@day, @features, @actual) ON CONFLICT (day) DO NOTHING",
                    ("@day", (long)row.Date.DayNumber), ("@features", ToBytes(row.Features)), ("@actual", row.Target));
            }

            return true;
        },
        cancellationToken: cancellationToken);

    /// <summary>Stores the day's prediction, unless the day has one already: a day is predicted once, also when its process dies after it.</summary>
    /// <exception cref="LeaseLostException">Another process has taken over the replay.</exception>
    public Task PredictAsync(ReplayedDay day, CancellationToken cancellationToken) => _database.WriteAsync(
        (day, _right),
        static (session, s) =>
        {
            s._right.RequireHeld(session);
            return session.Execute(
                """
                INSERT INTO quickstart_day (day, features, prediction, prediction_id, version, frozen)
                VALUES (@day, @features, @prediction, @id, @version, @frozen) ON CONFLICT (day) DO NOTHING
                """,
                ("@day", (long)s.day.Date.DayNumber), ("@features", ToBytes(s.day.Features)), ("@prediction", s.day.Prediction),
                ("@id", s.day.PredictionId), ("@version", (long?)s.day.Version), ("@frozen", s.day.Frozen));
        },
        cancellationToken: cancellationToken);

    /// <summary>Closes a day: what happened at its end, the label that has become known, and the monitor's state, all or nothing.</summary>
    /// <exception cref="LeaseLostException">Another process has taken over the replay.</exception>
    public Task CloseAsync(
        DateOnly date, DayEnd end, (DateOnly Date, double Actual)? label, string monitor, byte[] monitorState, IReadOnlyList<DriftAlert> alerts, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (date, end, label, monitor, monitorState, alerts, _right),
            static (session, s) =>
            {
                s._right.RequireHeld(session);
                session.Execute(
                    "UPDATE quickstart_day SET day_end = @end WHERE day = @day",
                    ("@end", JsonSerializer.Serialize(s.end, QuickstartJson.Default.DayEnd)), ("@day", (long)s.date.DayNumber));
                if (s.label is var (labelled, actual))
                    session.Execute("UPDATE quickstart_day SET actual = @actual WHERE day = @day", ("@actual", actual), ("@day", (long)labelled.DayNumber));
                foreach (DriftAlert alert in s.alerts)
                    DriftStore.SaveAlert(session, alert);
                DriftStore.SaveState(session, s.monitor, s.monitorState, new DateTimeOffset(s.date, TimeOnly.MinValue, TimeSpan.Zero));
                return true;
            },
            cancellationToken: cancellationToken);

    /// <summary>One day, or null.</summary>
    public async Task<ReplayedDay?> FindAsync(DateOnly date, CancellationToken cancellationToken) =>
        (await _database.QueryAsync($"SELECT {Columns} FROM quickstart_day WHERE day = @day", Read, cancellationToken, ("@day", (long)date.DayNumber))).FirstOrDefault();

    /// <summary>Every day, oldest first.</summary>
    public async Task<IReadOnlyList<ReplayedDay>> ReadAsync(CancellationToken cancellationToken) =>
        await _database.QueryAsync($"SELECT {Columns} FROM quickstart_day ORDER BY day", Read, cancellationToken);

    /// <summary>The newest labelled days before <paramref name="date"/>, oldest first: what is known at that day's end.</summary>
    public async Task<IReadOnlyList<TrainingRow>> LabelledAsync(DateOnly date, int count, CancellationToken cancellationToken)
    {
        List<TrainingRow> rows = await _database.QueryAsync(
            "SELECT day, features, actual FROM quickstart_day WHERE day < @day AND actual IS NOT NULL ORDER BY day DESC LIMIT @count",
            static row => new TrainingRow(DateOnly.FromDayNumber((int)row.GetInt64(0)), ToFloats(row.GetFieldValue<byte[]>(1)), row.GetDouble(2)),
            cancellationToken,
            ("@day", (long)date.DayNumber),
            ("@count", (long)count));
        rows.Reverse();
        return rows;
    }

    private static ReplayedDay Read(DbDataReader row) => new()
    {
        Date = DateOnly.FromDayNumber((int)row.GetInt64(0)),
        Features = ToFloats(row.GetFieldValue<byte[]>(1)),
        Actual = row.IsDBNull(2) ? null : row.GetDouble(2),
        Prediction = row.IsDBNull(3) ? null : row.GetDouble(3),
        PredictionId = row.IsDBNull(4) ? null : row.GetString(4),
        Version = row.IsDBNull(5) ? null : (int)row.GetInt64(5),
        Frozen = row.IsDBNull(6) ? null : row.GetDouble(6),
        End = row.IsDBNull(7) ? null : JsonSerializer.Deserialize(row.GetString(7), QuickstartJson.Default.DayEnd),
    };

    private static byte[] ToBytes(float[] features) => MemoryMarshal.AsBytes(features.AsSpan()).ToArray();

    private static float[] ToFloats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
