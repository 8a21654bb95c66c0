using Microsoft.Extensions.Time.Testing;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Serving;

/// <summary>Rollouts between versions of a registry, kept in a database, the same on every engine.</summary>
public abstract class RolloutSuite
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Noon);
    private string _folder = "";
    private Database _database = null!;
    private DatabaseRolloutStore _store = null!;
    private ModelRegistry _registry = null!;

    protected abstract Database Create(string folder);

    [SetUp]
    public async Task Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-rollout-").FullName;
        _database = Create(_folder);
        _store = new DatabaseRolloutStore(_database);
        _registry = new ModelRegistry(_database, new ArtifactCatalog(_database, new FileArtifactStore(Path.Combine(_folder, "artifacts"))), new RegistryOptions { Actor = "ann" });
        await _database.OpenAsync();
    }

    [TearDown]
    public async Task Close()
    {
        await _registry.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Everything_of_a_record_comes_back()
    {
        RolloutRecord first = Record(1);
        RolloutRecord second = first with
        {
            State = RolloutState.Promoted,
            Share = 0.1,
            Reason = "r\u00E9ason",
            Evidence = "{}",
            PromotedAt = Noon.AddHours(1),
            ChangedAt = Noon.AddHours(2),
            IsCarriedOut = true,
            Revision = 2,
        };

        Assert.That(await _store.TryWriteAsync(first), Is.True);
        Assert.That(await _store.ListAsync("m"), Is.EqualTo(new[] { first }));
        Assert.That(await _store.TryWriteAsync(second), Is.True);
        Assert.That(await _store.ListAsync("m"), Is.EqualTo(new[] { second }));
        Assert.That(await _store.ListAsync("other"), Is.Empty);
    }

    [Test]
    public async Task Of_several_writers_of_one_revision_one_wins()
    {
        for (int revision = 1; revision <= 5; revision++)
        {
            RolloutRecord[] rivals = [.. Enumerable.Range(0, 8).Select(i => Record(revision) with { Reason = $"{i}" })];
            bool[] won = await Task.WhenAll(rivals.Select(record => Task.Run(async () => await _store.TryWriteAsync(record))));

            Assert.That(won.Count(static one => one), Is.EqualTo(1));
            Assert.That((await _store.ListAsync("m")).Single(), Is.EqualTo(rivals[Array.IndexOf(won, true)]));
        }

        Assert.That(await _store.TryWriteAsync(Record(3)), Is.False, "an old revision");
        Assert.That(await _store.TryWriteAsync(Record(7)), Is.False, "one that skips some");
    }

    [Test]
    public async Task Evidence_is_kept_until_its_rollout_is_decided()
    {
        RolloutRecord running = Record(1);
        await _store.TryWriteAsync(running);
        await _store.TryWriteAsync(running with { Model = "other" });
        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).Length, Is.Zero);

        await _store.SaveEvidenceAsync("m", running.Digest, new byte[] { 1, 2, 3 });
        await _store.SaveEvidenceAsync("m", running.Digest, new byte[] { 0, 255 });
        await _store.SaveEvidenceAsync("other", running.Digest, new byte[] { 7 });
        await _store.TryWriteAsync(running with { Share = 0.2, Revision = 2 });
        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).ToArray(), Is.EqualTo(new byte[] { 0, 255 }));

        await _store.TryWriteAsync(running with { State = RolloutState.RolledBack, Reason = "bad", Revision = 2 });
        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).Length, Is.Not.Zero, "of another revision, which was not kept");
        await _store.TryWriteAsync(running with { State = RolloutState.RolledBack, Reason = "bad", Revision = 3 });

        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).Length, Is.Zero);
        Assert.That((await _store.LoadEvidenceAsync("other", running.Digest)).ToArray(), Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public async Task Evidence_of_a_rollout_that_does_not_run_is_not_kept()
    {
        RolloutRecord running = Record(1);
        await _store.SaveEvidenceAsync("m", running.Digest, new byte[] { 1 });
        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).Length, Is.Zero, "of none");

        await _store.TryWriteAsync(running);
        await _store.TryWriteAsync(running with { State = RolloutState.RolledBack, Reason = "bad", Revision = 2 });
        await _store.SaveEvidenceAsync("m", running.Digest, new byte[] { 1 });

        Assert.That((await _store.LoadEvidenceAsync("m", running.Digest)).Length, Is.Zero, "of one that another process has decided");
    }

    [Test]
    public async Task One_process_leads_a_model_until_its_time_is_over()
    {
        var other = new DatabaseRolloutStore(_database);
        TimeSpan lease = TimeSpan.FromMilliseconds(200);

        Assert.That(await _store.TryLeadAsync("m", "one", TimeSpan.FromMinutes(5)), Is.True);
        Assert.That(await _store.TryLeadAsync("m", "one", lease), Is.True, "it stays the leader");
        Assert.That(await other.TryLeadAsync("m", "two", lease), Is.False);
        Assert.That(await other.TryLeadAsync("n", "two", lease), Is.True, "of another model");
        await _store.TryLeadAsync("o", "short", lease);
        Assert.That(async () => await other.TryLeadAsync("o", "next", lease), Is.True.After(30_000, 50), "who went away is followed");
    }

    [Test]
    public async Task A_promotion_moves_the_alias_and_a_rollback_moves_it_back_and_a_restart_remembers()
    {
        await RegisterAsync(1);
        await RegisterAsync(2);
        await _registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await _registry.SetAliasAsync("m", "challenger", 2, Expected.None);
        await using (ModelServer server = await StartAsync())
        {
            Assert.That((await AnswerAsync(server), server.Get("m").Rollout!.State), Is.EqualTo((1f, RolloutState.Running)));

            await server.Get("m").Rollout!.PromoteAsync("better");
            Assert.That((await AnswerAsync(server), await AliasAsync()), Is.EqualTo((2f, 2)));

            await server.Get("m").Rollout!.RollbackAsync("complaints");
            Assert.That((await AnswerAsync(server), await AliasAsync()), Is.EqualTo((1f, 1)));
        }

        IReadOnlyList<AliasChange> history = await _registry.GetHistoryAsync("m", "champion");
        Assert.That(history.Select(static change => (change.Number, change.Actor, change.Reason)), Is.SupersetOf(new[] { ((int?)2, "rollout", (string?)"better"), (1, "rollout", "complaints") }));

        await using ModelServer restarted = await StartAsync();
        Assert.That((await AnswerAsync(restarted), restarted.Get("m").Rollout!.State), Is.EqualTo((1f, RolloutState.RolledBack)), "the digest stays out of service");
    }

    [Test]
    public async Task An_alias_that_somebody_else_has_moved_is_left_alone()
    {
        for (int bias = 1; bias <= 3; bias++)
            await RegisterAsync(bias);
        await _registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await _registry.SetAliasAsync("m", "challenger", 2, Expected.None);
        await using ModelServer server = await StartAsync();
        await server.Get("m").Rollout!.PromoteAsync();

        await _registry.SetAliasAsync("m", "champion", 3, 2);
        await server.Get("m").ReloadAsync();
        await server.Get("m").Rollout!.RollbackAsync("late");

        Assert.That((await AnswerAsync(server), await AliasAsync()), Is.EqualTo((3f, 3)));
    }

    [Test]
    public async Task A_candidate_that_is_no_version_of_the_model_does_not_move_its_alias()
    {
        await RegisterAsync(1);
        await RegisterAsync(2);
        await RegisterAsync(5, "other");
        await RegisterAsync(6, "other");
        await _registry.SetAliasAsync("m", "champion", 1, Expected.None);
        var source = new RegistryModelSource(_registry, "m@champion");

        Assert.That(
            async () => await source.PromoteAsync(Record(1) with { Version = 2, StableVersion = 1, State = RolloutState.Promoted }),
            Throws.InvalidOperationException.With.Message.Contains("no version of 'm'"));
        Assert.That(await AliasAsync(), Is.EqualTo(1));
    }

    private Task<ModelServer> StartAsync() => StartAsync(ModelServer.Create(
        new ModelServerOptions { Runtime = new OnnxModelRuntime(), RolloutStore = _store, TimeProvider = _time }.AddModel("m", m => m
            .FromSource(new RegistryModelSource(_registry, "m@champion"))
            .BlueGreen(new RegistryModelSource(_registry, "m@challenger")))));

    private static async Task<ModelServer> StartAsync(ModelServer server)
    {
        await server.StartAsync();
        return server;
    }

    private static async Task<float> AnswerAsync(ModelServer server) => (await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1])).Value;

    private async Task<int> AliasAsync() => (await _registry.GetAsync("m@champion")).Number;

    private async Task RegisterAsync(double bias, string model = "m")
    {
        using var stream = new MemoryStream();
        Mlops.Onnx.OnnxLinearRegression.Write(stream, [1], bias);
        stream.Position = 0;
        await _registry.RegisterAsync(model, stream);
    }

    private static RolloutRecord Record(long revision) => new()
    {
        Model = "m",
        Digest = new string('a', 64),
        Version = 2,
        StableVersion = 1,
        StableDigest = new string('b', 64),
        State = RolloutState.Running,
        Share = 0.05,
        Salt = long.MinValue,
        StartedAt = Noon,
        ChangedAt = Noon,
        Revision = revision,
    };
}

public sealed class SqliteRolloutTests : RolloutSuite
{
    protected override Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
}

public sealed class PostgreSqlRolloutTests : RolloutSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}
