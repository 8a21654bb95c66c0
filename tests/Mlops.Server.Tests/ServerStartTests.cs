using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Server.Tests;

/// <summary>What a stranger does wrong, and what the server says then.</summary>
[TestFixture]
internal sealed class ServerStartTests
{
    private string _folder = "";

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("mlops-server").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [TestCase("--urls", "nonsense", "'nonsense' is no address")]
    [TestCase("--urls", "http://127.0.0.1:99999", "'http://127.0.0.1:99999' is no address")]
    [TestCase("--urls", "http://127.0.0.1:0;localhost:5000", "'localhost:5000' is no address")]
    [TestCase("--urls", "http://203.0.113.1:5000", "--urls")]
    [TestCase("--storage", "Host=127.0.0.1;Port=1;Username=u;Password=canary", "Connecting to PostgreSQL at 127.0.0.1:1, database 'u'")]
    [TestCase("--storage", "canary", "Not a PostgreSQL connection string")]
    [TestCase("--storage", "Host=db;Password=canary;Pssword=canary", "Not a PostgreSQL connection string")]
    [TestCase("--stroage", "Host=db;Password=canary", "'--stroage' is no argument. Arguments are --urls URL, --data DIR, --storage CONNECTION")]
    [TestCase("--stroage=Host=db;Password=canary", "Password=canary", "'--stroage' is no argument")]
    [TestCase("--help", "--data", "Arguments are --urls URL, --data DIR, --storage CONNECTION")]
    [TestCase("--environment", "--urls", "--environment has no value")]
    [TestCase("-p", "5000", "'-p' is no argument")]
    [TestCase("--Mlops:Mlflow:MaximumBodyBytes", "1", "MaximumBodyBytes")]
    public async Task A_mistake_is_one_line_that_says_what_is_wrong_and_no_password(string argument, string value, string says)
    {
        string[] listening = argument == "--urls" ? [] : ["--urls", "http://127.0.0.1:0"];
        await RefusedAsync(says, ["--data", Path.Combine(_folder, "data"), .. listening, argument, value]);
    }

    [Test]
    public async Task An_address_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        await RefusedAsync($"{url}: address already in use. Another server may be running there; choose another with --urls.", ["--data", _folder, "--urls", url]);
    }

    [Test]
    public async Task A_folder_that_cannot_be_is_named([Values] bool onPostgreSql)
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");

        string[] storage = onPostgreSql ? ["--storage", "Host=127.0.0.1;Port=1;Username=u"] : [];
        await RefusedAsync($"its folder {Path.Combine(file, "below")} cannot be created", ["--data", Path.Combine(file, "below"), .. storage]);
    }

    [Test]
    public async Task A_folder_whose_database_cannot_be_opened_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "mlops.db"));

        await RefusedAsync($"Opening the SQLite database '{Path.Combine(_folder, "mlops.db")}'", ["--data", _folder, "--urls", "http://127.0.0.1:0"]);
    }

    [Test]
    public async Task Two_servers_share_a_folder()
    {
        string data = Path.Combine(_folder, "with; \"signs\"");
        await using ServerProcess first = await ServerProcess.StartAsync(data, null);
        await using ServerProcess second = await ServerProcess.StartAsync(data, null);
        using var client = new HttpClient();

        using HttpResponseMessage created = await client.PostAsync(
            new Uri(first.Address, "/api/2.0/mlflow/experiments/create"), new StringContent("""{"name":"shared"}""", Encoding.UTF8, "application/json"));

        Assert.That(created.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await client.GetStringAsync(new Uri(second.Address, "/api/2.0/mlflow/experiments/get-by-name?experiment_name=shared")), Does.Contain("\"shared\""));
        Assert.That(File.Exists(Path.Combine(data, "mlops.db")));
    }

    [Test]
    public async Task Without_an_address_it_listens_where_the_environment_says_and_warns_of_nothing()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--data", _folder], ("ASPNETCORE_URLS", "http://127.0.0.1:0"));

        Assert.That(server.Address.Port, Is.Not.EqualTo(5000));
        Assert.That(server.Lines, Has.None.StartsWith("warn").And.None.StartsWith("fail").And.None.StartsWith("crit"));
    }

    [Test]
    public async Task Ports_of_the_environment_are_taken_where_no_address_is_given()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(["--data", _folder], ("ASPNETCORE_HTTP_PORTS", "0"));

        Assert.That(server.Address.Port, Is.Not.EqualTo(5000));
        Assert.That(server.Lines, Has.None.StartsWith("warn"));
    }

    [Test]
    public async Task Without_any_address_it_is_the_one_of_MLflow()
    {
        // Taken or free, it says so.
        string said;
        try
        {
            await using ServerProcess server = await ServerProcess.StartAsync(["--data", _folder]);
            said = string.Join('\n', server.Lines);
        }
        catch (InvalidOperationException taken)
        {
            said = taken.Message;
        }

        Assert.That(said, Does.Contain("http://127.0.0.1:5000").And.Not.Contain("warn:"));
    }

    private static async Task RefusedAsync(string says, string[] arguments)
    {
        (int code, string output, string errors) = await ServerProcess.FailAsync(arguments);

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(errors.TrimEnd(), Does.StartWith("The server does not start: ").And.Contain(says).And.Not.Contain("\n"));
            Assert.That(output, Does.Not.Contain("warn:").And.Not.Contain("fail:").And.Not.Contain("crit:").And.Not.Contain("   at "));
            Assert.That(errors + output, Does.Not.Contain("canary"));
        });
    }
}
