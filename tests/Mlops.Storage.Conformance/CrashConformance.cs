using System.Globalization;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises when the process that writes is killed.</summary>
public abstract class CrashConformance : EngineConformance
{
    private const int Kills = 4;
    private const int RowsBeforeKill = 300;

    [Test]
    public async Task No_acknowledged_row_is_lost_when_the_writing_process_is_killed([Values] Durability durability)
    {
        var acknowledged = new HashSet<long>();
        for (int kill = 0; kill < Kills; kill++)
        {
            await using WorkerProcess worker = WorkerProcess.Start(
                "write", ConnectionString, (kill * 1_000_000L).ToString(CultureInfo.InvariantCulture), durability.ToString());
            for (int row = 0; row < RowsBeforeKill; row++)
            {
                acknowledged.Add(Number(await worker.ReadLineAsync()));
            }

            worker.Kill();

            // Lines that were on their way are acknowledgements as well; the last may be torn.
            List<string> rest = await worker.ReadToEndAsync();
            acknowledged.UnionWith(rest.SkipLast(1).Select(Number));
        }

        Database database = Open(StorageWorker.Migrations);
        List<long> stored = await database.QueryAsync("SELECT id FROM grown_row ORDER BY id", static row => row.GetInt64(0), CancellationToken.None);

        Assert.That(acknowledged.Except(stored), Is.Empty);

        // Each of the sixteen producers of a killed process may have had one row committed and not yet answered.
        Assert.That(stored, Has.Count.InRange(acknowledged.Count, acknowledged.Count + (Kills * 17)));
    }

    private static long Number(string? line) => long.Parse(line ?? throw new InvalidOperationException("The worker ended by itself."), CultureInfo.InvariantCulture);
}
