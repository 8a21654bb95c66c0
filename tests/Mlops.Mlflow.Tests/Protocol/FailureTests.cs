using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>Faults that are the server's own.</summary>
[TestFixture]
public sealed class FailureTests
{
    [Test]
    public async Task A_fault_of_the_server_is_logged_and_not_told()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        var log = new Entries();
        await using MlflowServer server = await MlflowServer.StartAsync(
            storage => storage.UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}"), services => services.AddSingleton<ILoggerProvider>(log));

        // A manifest that was written by code with other rules for names: reading it is refused as an argument, and no client sent that.
        byte[] manifest = """{"format":"mlops.folder/1","files":[{"name":"secret:name","sha256":"HASH","length":1}]}"""u8.ToArray();
        await server.Services.GetRequiredService<ModelRegistry>().RegisterAsync("m", new MemoryStream(manifest), new() { Format = ModelFormat.Other });
        await server.Services.GetRequiredService<Database>().WriteAsync(
            (long)ModelFormat.Folder, static (session, format) => session.Execute("UPDATE registry_version SET format = @format", ("@format", format)));

        Answer answer = await server.GetAsync("/model-versions/get-artifact?name=m&version=1&path=x");

        Assert.That((answer.Status, answer.Error), Is.EqualTo((500, "INTERNAL_ERROR")));
        Assert.That(answer.Message, Is.EqualTo("The server failed; its log says why."));
        (EventId id, Exception? exception) = log.All.Single(static entry => entry.Id.Id is >= 8_000 and < 9_000);
        Assert.That(id.Id, Is.EqualTo(8_001));
        Assert.That(exception, Is.InstanceOf<ArgumentException>());
    }

    private static readonly TestCaseData[] Faults =
    [
        new(new ArgumentException("secret", "runId"), 500, "INTERNAL_ERROR"),
        new(new ArgumentOutOfRangeException("secret"), 500, "INTERNAL_ERROR"),
        new(new InvalidOperationException("secret"), 500, "INTERNAL_ERROR"),
        new(new StorageException("secret"), 500, "INTERNAL_ERROR"),
    ];

    [TestCaseSource(nameof(Faults))]
    public void What_no_client_did_is_an_internal_error_without_detail(Exception exception, int status, string error)
    {
        (ErrorCode code, string message) = ErrorAnswer.Of(exception);

        Assert.That((code.Status, code.Name), Is.EqualTo((status, error)));
        Assert.That(message, Does.Not.Contain("secret"));
    }

    [Test]
    public void What_is_refused_at_once_is_the_clients_mistake_and_what_fails_later_is_not()
    {
        Assert.That(
            static () => ClientValues.Pass<Task>(static () => throw new ArgumentException("A key holds letters.", "key")),
            Throws.TypeOf<ProtocolException>().With.Message.EqualTo("A key holds letters."));
        Assert.That(static () => ClientValues.Pass<Task>(static () => throw new ArgumentOutOfRangeException("take")), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            static async () => await ClientValues.Pass(static async () =>
            {
                await Task.Yield();
                throw new ArgumentException("later");
            }),
            Throws.TypeOf<ArgumentException>());
    }

    private sealed class Entries : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(EventId Id, Exception? Exception)> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue((eventId, exception));

        public void Dispose()
        {
        }
    }
}
