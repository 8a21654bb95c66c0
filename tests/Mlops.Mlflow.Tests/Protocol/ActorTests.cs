using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>Whose name is recorded with what is done through the API.</summary>
[TestFixture]
public sealed class ActorTests
{
    private const string UserHeader = "X-Test-User";

    private readonly Receiver _receiver = new();
    private string _folder = "";
    private MlflowServer _server = null!;

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        _server = await MlflowServer.StartAsync(
            storage => storage.UseSqlite($"Data Source={Path.Combine(_folder, "mlflow.db")}").AddOutboxReceiver(_ => _receiver),
            static services => services.AddSingleton<IStartupFilter, UserOfHeader>());
    }

    [OneTimeTearDown]
    public async Task StopServer()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("ann", "ann")]
    [TestCase(null, "mlflow")]
    [TestCase(" ", "mlflow")]
    public async Task What_is_done_to_a_model_is_recorded_with_who_did_it(string? user, string actor)
    {
        string name = $"m-{actor}-{user?.Length}", renamed = name + "-renamed";
        (HttpMethod Method, string Path, object Body)[] calls =
        [
            (HttpMethod.Post, "registered-models/create", new { name }),
            (HttpMethod.Post, "model-versions/create", new { name, source = "s3://b/m" }),
            (HttpMethod.Post, "registered-models/alias", new { name, alias = "champion", version = "1" }),
            (HttpMethod.Post, "model-versions/transition-stage", new { name, version = "1", stage = "Staging", archive_existing_versions = false }),
            (HttpMethod.Post, "registered-models/rename", new { name, new_name = renamed }),
            (HttpMethod.Delete, "registered-models/alias", new { name = renamed, alias = "champion" }),
            (HttpMethod.Delete, "model-versions/delete", new { name = renamed, version = "1" }),
            (HttpMethod.Delete, "registered-models/delete", new { name = renamed }),
        ];
        foreach ((HttpMethod method, string path, object body) in calls)
        {
            using var request = new HttpRequestMessage(method, MlflowServer.Api + path) { Content = JsonContent(body) };
            if (user is not null)
            {
                request.Headers.Add(UserHeader, user);
            }

            Answer answer = await _server.SendAsync(request);
            Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
            if (path is "registered-models/create" or "model-versions/create")
            {
                string field = path == "registered-models/create" ? "registered_model.user_id" : "model_version.user_id";
                Assert.That(answer.Has(field) ? answer.Text(field) : null, Is.EqualTo(actor == "mlflow" ? null : actor));
            }
        }

        ModelRegistry registry = _server.Services.GetRequiredService<ModelRegistry>();
        Assert.That((await registry.GetHistoryAsync(renamed, "champion")).Select(static change => change.Actor), Is.EqualTo(new[] { actor, actor }));
        Assert.That(() => _receiver.Of(name), Has.Count.EqualTo(calls.Length).After(10_000, 20));
        Assert.That(_receiver.Of(name), Is.EqualTo(new[]
        {
            $"registry.model.created {actor}", $"registry.version.registered {actor}", $"registry.alias.changed {actor}", $"registry.stage.changed {actor}",
            $"registry.model.renamed {actor}", $"registry.alias.changed {actor}", $"registry.version.deleted {actor}", $"registry.model.deleted {actor}",
        }));
    }

    [Test]
    public async Task A_name_that_is_too_long_to_be_kept_is_cut()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, MlflowServer.Api + "registered-models/create") { Content = JsonContent(new { name = "long" }) };
        request.Headers.Add(UserHeader, new string('u', 300));

        Assert.That((await _server.SendAsync(request)).Text("registered_model.user_id"), Is.EqualTo(new string('u', 250)));
    }

    private static StringContent JsonContent(object body) => new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    /// <summary>What a host's authentication would do.</summary>
    private sealed class UserOfHeader : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
        {
            application.Use(static (context, following) =>
            {
                if (context.Request.Headers.TryGetValue(UserHeader, out var user))
                {
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user.ToString())], "test"));
                }
                else
                {
                    // A name alone is no user.
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "mallory")]));
                }

                return following(context);
            });
            next(application);
        };
    }

    private sealed class Receiver : IOutboxReceiver
    {
        private readonly ConcurrentQueue<(string Model, string Text)> _messages = new();

        public string Name => "test";

        public bool Takes(string topic) => topic.StartsWith("registry.", StringComparison.Ordinal);

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken)
        {
            JsonElement data = JsonDocument.Parse(message.Payload).RootElement.GetProperty("data");
            _messages.Enqueue((data.GetProperty("model").GetString()!, $"{message.Topic} {data.GetProperty("actor").GetString()}"));
            return Task.CompletedTask;
        }

        public List<string> Of(string model) => [.. _messages.Where(message => message.Model == model || message.Model == model + "-renamed").Select(static message => message.Text)];
    }
}
