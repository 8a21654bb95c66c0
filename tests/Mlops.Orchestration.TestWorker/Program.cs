using System.Diagnostics;
using System.Globalization;
using Mlops.Orchestration;
using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

// One worker on one database until it is killed or its standard input ends; it also approves what is asked.
// Arguments: engine, connection string, lease in milliseconds, folder of artifacts, and optionally the point and the number at which it kills
// itself ("AfterCommit#3"), "schedule" to follow a schedule, "start" to start a run under a key that is always the same, and "tell=FILE" to
// write into a file what the outbox sends.
var lease = TimeSpan.FromMilliseconds(double.Parse(args[2], CultureInfo.InvariantCulture));
var options = new DatabaseOptions { OutboxLeaseDuration = lease };
await using Database database = args[0] switch
{
    "sqlite" => new SqliteDatabase(args[1], options),
    "postgresql" => new PostgreSqlDatabase(args[1], options),
    _ => throw new ArgumentException($"'{args[0]}' is no engine."),
};
Action<string> reach = static _ => { };
using Outgoing? outgoing = args.FirstOrDefault(static argument => argument.StartsWith("tell=", StringComparison.Ordinal)) is { } tell
    ? new Outgoing(database, new Teller(tell["tell=".Length..], point => reach(point)))
    : null;
var pipelines = new Pipelines(database, CrashPipelines.All, new ArtifactCatalog(database, new FileArtifactStore(args[3])), outbox: outgoing?.Outbox);
if (args.FirstOrDefault(static argument => argument.Contains('#')) is { } plan)
{
    string point = plan[..plan.IndexOf('#')];
    int left = int.Parse(plan[(point.Length + 1)..], CultureInfo.InvariantCulture);
    reach = reached =>
    {
        if (reached == point && Interlocked.Decrement(ref left) == 0)
        {
            // SIGKILL: nothing after this line runs, on any thread.
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    };
    pipelines.Reached = reached => reach(reached.ToString());
}

await using var worker = new PipelineWorker(pipelines, new PipelineWorkerOptions
{
    LeaseDuration = lease,
    PollInterval = TimeSpan.FromMilliseconds(20),
    DrainPeriod = TimeSpan.Zero,
});
// Before the first point at which it may kill itself.
Console.WriteLine("started");
worker.Start();
await (outgoing?.StartAsync() ?? Task.CompletedTask);
PipelineSchedule[] schedules = args.Contains("schedule") ? [CrashPipelines.EverySecond] : [];
await using var scheduler = new PipelineScheduler(pipelines, schedules);
scheduler.Start();
using var ended = new CancellationTokenSource();
Task approving = ApproveAsync();
if (args.Contains("start"))
{
    await StartAgainAndAgainAsync();
}

await Console.In.ReadToEndAsync();
await ended.CancelAsync();
await approving;

async Task StartAgainAndAgainAsync()
{
    while (true)
    {
        try
        {
            await pipelines.StartAsync<Chain, long>(CrashPipelines.StartedSeed, new StartOptions { IdempotencyKey = "always the same" });
            return;
        }
        catch (StorageException exception) when (exception.IsTransient)
        {
            await Task.Delay(20);
        }
    }
}

async Task ApproveAsync()
{
    while (!ended.IsCancellationRequested)
    {
        try
        {
            foreach (PendingApproval pending in await pipelines.ListApprovalsAsync())
            {
                await pipelines.ApproveAsync(pending.RunId, pending.Step, "worker");
            }
        }
        catch (Exception exception) when (exception is StorageException or ApprovalNotPendingException)
        {
            // Another one was faster, or the database is away for a moment.
        }

        await Task.Delay(50, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
