using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    public Task<int> SetPoolAsync(string name, int slots, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, slots),
            static (session, state) => session.Execute(
                """
                INSERT INTO orchestration_pool (name, slots) VALUES (@name, @slots)
                ON CONFLICT (name) DO UPDATE SET slots = excluded.slots
                """,
                ("@name", state.name), ("@slots", (long)state.slots)),
            Durability.Process,
            cancellationToken);

    public ValueTask<List<PoolStatus>> ListPoolsAsync(CancellationToken cancellationToken) =>
        _database.QueryAsync(
            """
            SELECT p.name, p.slots, (SELECT count(*) FROM orchestration_step s WHERE s.pool = p.name AND s.pool <> '' AND s.state = 2)
            FROM orchestration_pool p WHERE NOT (p.name >= 'run/' AND p.name < 'run0')
            ORDER BY p.name
            """,
            static row => new PoolStatus(row.GetString(0), (int)row.GetInt64(1), (int)row.GetInt64(2)),
            cancellationToken);
}
