using System.Globalization;
using Mlops.Orchestration;
using Mlops.Orchestration.TestWorker;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

// One worker on one database until it is killed or its standard input ends.
// Arguments: engine, connection string, lease in milliseconds.
await using Database database = args[0] switch
{
    "sqlite" => new SqliteDatabase(args[1]),
    "postgresql" => new PostgreSqlDatabase(args[1]),
    _ => throw new ArgumentException($"'{args[0]}' is no engine."),
};
var pipelines = new Pipelines(database, CrashPipelines.All);
await using var worker = new PipelineWorker(pipelines, new PipelineWorkerOptions
{
    LeaseDuration = TimeSpan.FromMilliseconds(double.Parse(args[2], CultureInfo.InvariantCulture)),
    PollInterval = TimeSpan.FromMilliseconds(20),
    DrainPeriod = TimeSpan.Zero,
});
worker.Start();
Console.WriteLine("started");
await Console.In.ReadToEndAsync();
