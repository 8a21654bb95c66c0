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
}

/// <summary>The sample server, from outside, on one engine.</summary>
internal abstract partial class ServerSuite
{
    private string _data = "";
    private ServerProcess _server = null!;
    private HttpClient _client = null!;

    protected abstract string? CreateStorage();

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _data = Directory.CreateTempSubdirectory("mlops-server").FullName;
        _server = await ServerProcess.StartAsync(_data, CreateStorage());
        _client = new HttpClient { BaseAddress = _server.Address };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Test]
    public async Task Health_is_OK() => Assert.That(await _client.GetStringAsync("/health"), Is.EqualTo("OK"));
}
