using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Of all processes that follow a sensor, lets one look within an interval; the cursor it begins with.</summary>
    public async Task<(bool MayLook, string? Cursor)> TryLookAsync(string name, TimeSpan interval, DateTimeOffset now, CancellationToken cancellationToken) =>
        await _database.WriteAsync(
            (name, Now: UnixMicroseconds.From(now), Before: UnixMicroseconds.From(now - interval)),
            static (session, state) => session.QueryFirst(
                """
                INSERT INTO orchestration_sensor (name, looked) VALUES (@name, @now)
                ON CONFLICT (name) DO UPDATE SET looked = excluded.looked
                WHERE orchestration_sensor.looked <= @before OR orchestration_sensor.looked > @now
                RETURNING look_from
                """,
                static row => (true, row.IsDBNull(0) ? null : row.GetString(0)),
                ("@name", state.name), ("@now", state.Now), ("@before", state.Before)),
            Durability.Process,
            cancellationToken).ConfigureAwait(false);

    /// <summary>Lets the next look come sooner than after a whole interval, unless somebody has looked meanwhile.</summary>
    public Task<int> LookAgainAsync(string name, DateTimeOffset looked, DateTimeOffset countsAs, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, Looked: UnixMicroseconds.From(looked), As: UnixMicroseconds.From(countsAs)),
            static (session, state) => session.Execute(
                "UPDATE orchestration_sensor SET looked = @as WHERE name = @name AND looked = @looked",
                ("@as", state.As), ("@name", state.name), ("@looked", state.Looked)),
            Durability.Process,
            cancellationToken);

    /// <summary>Moves a sensor's cursor on from where the look began.</summary>
    public Task<int> MoveSensorAsync(string name, string? from, string to, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, from, to),
            static (session, state) => session.Execute(
                "UPDATE orchestration_sensor SET look_from = @to WHERE name = @name AND coalesce(look_from, '') = @from",
                ("@to", state.to), ("@name", state.name), ("@from", state.from ?? "")),
            Durability.Process,
            cancellationToken);
}
