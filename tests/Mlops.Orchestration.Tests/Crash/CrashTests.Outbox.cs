using Mlops.Orchestration.TestWorker;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract partial class CrashTests
{
    private const int Deaths = 4;

    /// <summary>A worker dies between the claim of a message, its sending and its removal, or wherever a kill meets it; others go on.</summary>
    [TestCase(Teller.Claimed)]
    [TestCase(Teller.Sent)]
    [TestCase("anywhere")]
    [CancelAfter(300_000)]
    public async Task What_runs_tell_arrives_whatever_dies_and_once_for_who_knows_the_ids(string point, CancellationToken cancellationToken)
    {
        string file = Path.Combine(_artifacts, "told");
        await File.WriteAllTextAsync(file, "", cancellationToken);
        await using Database database = Create();

        // What this process stores is told as well: it has the same receiver, and sends nothing.
        var pipelines = new Pipelines(
            database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(_artifacts)), outbox: new Outbox(database, [new Teller(file, static _ => { })]));
        PipelineRun[] runs =
        [
            await pipelines.StartAsync<Chain, long>(1, cancellationToken: cancellationToken),
            await pipelines.StartAsync<Shapes, long>(2, cancellationToken: cancellationToken),
            await pipelines.StartAsync<Wide, long>(3, cancellationToken: cancellationToken),
        ];
        var random = new Random(20_261_128);
        for (int death = 1; death <= Deaths; death++)
        {
            int sent = (await ToldAsync(file)).Count;
            if (point == "anywhere")
            {
                using WorkerProcess worker = await StartWorkerAsync($"tell={file}");
                int target = sent + random.Next(1, 40);
                while ((await ToldAsync(file)).Count < target)
                {
                    await Task.Delay(5, cancellationToken);
                }

                await worker.KillAsync();
            }
            else
            {
                using WorkerProcess worker = await StartWorkerAsync($"{point}#{random.Next(1, 40)}", $"tell={file}");
                Assert.That(await worker.DiesWithinAsync(DeathLimit), Is.True, "nothing was sent");
            }
        }

        using WorkerProcess heir = await StartWorkerAsync($"tell={file}");
        HashSet<string> expected = [];
        foreach (PipelineRun run in runs)
        {
            expected.UnionWith(await ListTellableAsync(database, pipelines, run.Id, cancellationToken));
        }

        while ((await database.QueryAsync("SELECT count(*) FROM outbox_message", static row => row.GetInt64(0), cancellationToken))[0] > 0)
        {
            await Task.Delay(20, cancellationToken);
        }

        await heir.StopAsync();
        List<(string Id, string Hash)> told = await ToldAsync(file);
        int again = told.Count - expected.Count;
        TestContext.Out.WriteLine($"{expected.Count} messages, {again} sent again");
        Assert.That(told.Select(static line => line.Id).Distinct(), Is.EquivalentTo(expected), "each at least once, and nothing that was never committed");
        Assert.That(told.Distinct().Count(), Is.EqualTo(expected.Count), "sent again it is the same");
        if (point == Teller.Sent)
        {
            Assert.That(again, Is.EqualTo(Deaths), "the ones that were sent and not removed");
        }
        else if (point == Teller.Claimed)
        {
            Assert.That(again, Is.Zero, "nothing was sent when they died");
        }
    }

    /// <summary>The ids of all that a finished run has to tell, by its log.</summary>
    internal static async Task<HashSet<string>> ListTellableAsync(Database database, Pipelines pipelines, long runId, CancellationToken cancellationToken)
    {
        await pipelines.WaitAsync(runId, cancellationToken);
        List<RunEvent> log = await LogInvariants.CheckAsync(pipelines, runId);
        string uid = (await database.QueryAsync("SELECT uid FROM orchestration_run WHERE id = @run", static row => row.GetString(0), cancellationToken, ("@run", runId)))[0];
        HashSet<string> ids = [$"{uid}/started", $"{uid}/ended"];
        foreach (AttemptEvent entry in log.OfType<AttemptEvent>())
        {
            string step = StepIdentity.Of(uid, entry.Step);
            if (entry is StepStarted)
            {
                ids.UnionWith([$"{step}/started", $"{step}/ended"]);
            }
            else if (entry is ApprovalRequested)
            {
                ids.Add($"{step}/asked/{entry.Attempt}");
            }
        }

        return ids;
    }

    private static async Task<List<(string Id, string Hash)>> ToldAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return [.. (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t')).Select(static parts => (parts[0], parts[1]))];
    }
}
