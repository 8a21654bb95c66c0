using Mlops.Orchestration.TestWorker;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>Runs of all shapes, started in sets of one of each, and what must come out of them.</summary>
internal sealed class CrashWork(Database database, Pipelines pipelines)
{
    private readonly List<(PipelineRun Run, (string Step, long Result) Expected)> _runs = [];
    private readonly Dictionary<long, List<string>> _actors = [];
    private readonly HashSet<long> _decided = [];
    private int _decisions;

    public int Sets { get; private set; }

    public IEnumerable<PipelineRun> Runs => _runs.Select(static run => run.Run);

    /// <summary>Starts a set; when it fails half-way, the next call goes on with it.</summary>
    public async Task AddSetAsync(CancellationToken cancellationToken)
    {
        await pipelines.SetPoolAsync(Wide.Pool, Wide.PoolSlots, cancellationToken);
        int set = Sets;

        // A key, so that a start whose answer was lost does not start a second run. Power, so that a crash of the server keeps it.
        var options = new StartOptions { IdempotencyKey = $"set {set}", Durability = Durability.Power };
        Add(await pipelines.StartAsync<Chain, long>(set, options, cancellationToken), ($"step-{Chain.Length - 1}", Chain.Oracle(set)));

        // Two sets share the seed of their shapes, so that the second finds the first one's results in the cache.
        Add(await pipelines.StartAsync<Shapes, long>(set / 2, options, cancellationToken), Shapes.Oracle(set / 2));
        Add(await pipelines.StartAsync<Wide, long>(set, options, cancellationToken), (Wide.LastStep, Wide.Oracle(set)));
        Sets++;
    }

    /// <summary>Entries in all logs, and runs that are not over; whatever happens, no pool is ever too full.</summary>
    public async Task<(long Entries, long Open)> LookAsync(CancellationToken cancellationToken)
    {
        (long Entries, long Open, long Taken) seen = (await database.QueryAsync(
            """
            SELECT CAST(coalesce(sum(next_seq), 0) AS bigint), CAST(coalesce(sum(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0) AS bigint),
                (SELECT count(*) FROM orchestration_step WHERE pool = @pool AND state = 2)
            FROM orchestration_run WHERE pipeline <> @ticks
            """,
            static row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)),
            cancellationToken,
            ("@pool", Wide.Pool), ("@ticks", nameof(Ticked)))).Single();
        Assert.That(seen.Taken, Is.LessThanOrEqualTo(Wide.PoolSlots), "slots of the pool");
        return (seen.Entries, seen.Open);
    }

    /// <summary>Decides what is asked, as somebody else every time.</summary>
    public async Task ApproveAsync(CancellationToken cancellationToken)
    {
        foreach (PendingApproval pending in await pipelines.ListApprovalsAsync(cancellationToken: cancellationToken))
        {
            string actor = $"person {++_decisions}";
            if (!_decided.Contains(pending.RunId))
            {
                (_actors.TryGetValue(pending.RunId, out List<string>? actors) ? actors : _actors[pending.RunId] = []).Add(actor);
            }

            await pipelines.ApproveAsync(pending.RunId, pending.Step, actor, cancellationToken: cancellationToken);
            _decided.Add(pending.RunId);
        }
    }

    /// <summary>A decision that was acknowledged stands: nobody was asked again after it. Whose call failed may have been the first all the same.</summary>
    public async Task CheckDecisionsAsync(CancellationToken cancellationToken)
    {
        Assert.That(_decided, Is.Not.Empty);
        foreach (long run in _decided)
        {
            StepApproval approval = await (await pipelines.GetAsync(run, cancellationToken)).GetResultAsync<StepApproval>("word", cancellationToken);
            Assert.That(_actors[run], Does.Contain(approval.Actor), $"run {run}");
        }
    }

    /// <summary>Waits for the end of all runs and checks each; all of their entries.</summary>
    public async Task<List<RunEvent>> CheckAsync(CancellationToken cancellationToken)
    {
        List<RunEvent> log = [];
        foreach ((PipelineRun run, (string, long) expected) in _runs)
        {
            log.AddRange(await CrashChecks.RunAsync(pipelines, run.Id, expected, cancellationToken));
        }

        return log;
    }

    private void Add(PipelineRun run, (string Step, long Result) expected)
    {
        if (Runs.All(known => known.Id != run.Id))
        {
            _runs.Add((run, expected));
        }
    }
}
