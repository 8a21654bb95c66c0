using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests.Surroundings;

/// <summary>The process that secrets are planted around: tracks a run, and says everything it logs and traces.</summary>
internal static class CanaryWorker
{
    public const string Verb = "canary";

    public static async Task RunAsync(string folder)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = static activity => Console.WriteLine($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(listener);

        await using SqliteDatabase database = new($"Data Source={Path.Combine(folder, "canary.db")}");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts")));
        using Tracker tracker = new(database, artifacts, new TrackingOptions { CaptureCommandLine = true }, logger: new ConsoleLogger());
        string id = await tracker.TrackAsync("e", static (run, _) => Task.FromResult(run.Id));
        RunEnvironment environment = (await tracker.FindEnvironmentAsync(id))!;
        Console.WriteLine($"repository {environment.Repository} branch {environment.GitBranch} options {string.Join(' ', environment.CommandLineOptions!)}");
    }

    private sealed class ConsoleLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Console.WriteLine($"{formatter(state, exception)} {exception}");
    }
}
