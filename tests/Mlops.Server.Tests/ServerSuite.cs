using System.Net;
using Mlops.Storage.Conformance;

namespace Mlops.Server.Tests;

[TestFixture]
internal sealed class SqliteServerTests : ServerSuite
{
    protected override string? CreateStorage() => null;
}

[TestFixture]
internal sealed class PostgreSqlServerTests : ServerSuite
{
    protected override string? CreateStorage() => PostgreSqlServer.CreateDatabase();

    [Test]
    public async Task Health_is_503_while_the_database_is_away_and_OK_again_afterwards()
    {
        PostgreSqlServer.ShutDown();
        try
        {
            using HttpResponseMessage away = await Client.GetAsync(new Uri("/health", UriKind.Relative));
            Assert.That(away.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(await away.Content.ReadAsStringAsync(), Is.EqualTo("Unhealthy"));
        }
        finally
        {
            PostgreSqlServer.Restart();
        }

        string health = "";
        for (int i = 0; i < 600 && health != "OK"; i++)
        {
            using HttpResponseMessage back = await Client.GetAsync(new Uri("/health", UriKind.Relative));
            health = await back.Content.ReadAsStringAsync();
            await Task.Delay(100);
        }

        Assert.That(health, Is.EqualTo("OK"));
    }
}

/// <summary>The sample server, from outside, on one engine.</summary>
internal abstract partial class ServerSuite
{
    private string _data = "";
    private ServerProcess _server = null!;

    protected HttpClient Client { get; private set; } = null!;

    protected abstract string? CreateStorage();

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _data = Directory.CreateTempSubdirectory("mlops-server").FullName;
        _server = await ServerProcess.StartAsync(_data, CreateStorage());
        Client = new HttpClient { BaseAddress = _server.Address };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Test]
    public async Task Health_is_OK() => Assert.That(await Client.GetStringAsync("/health"), Is.EqualTo("OK"));
}
