using Microsoft.Extensions.Time.Testing;
using Mlops.Onnx;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Registry.Tests;

[TestFixture]
public sealed class RegistryTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero));
    private string _folder = "";
    private SqliteDatabase _database = null!;
    private ModelRegistry _registry = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-registry").FullName;
        _database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "test.db")}");
        _registry = new ModelRegistry(_database, new ArtifactCatalog(_database, new FileArtifactStore(Path.Combine(_folder, "artifacts"))), _time);
    }

    [TearDown]
    public async Task Close()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Versions_are_numbered_within_their_model_and_read_back_with_their_bytes()
    {
        ModelVersion first = await RegisterAsync("ridership", 1);
        ModelVersion second = await RegisterAsync("ridership", 2);
        ModelVersion other = await RegisterAsync("weather", 3);

        Assert.That(new[] { first.Number, second.Number, other.Number }, Is.EqualTo(new[] { 1, 2, 1 }));
        Assert.That(await _registry.ReadAsync(second), Is.EqualTo(Linear(2)));
        Assert.That(await _registry.GetAsync("ridership/2"), Is.EqualTo(second));
        Assert.That(await _registry.ListVersionsAsync("ridership", after: 1), Is.EqualTo(new[] { second }));
    }

    [Test]
    public async Task Registering_again_under_the_same_key_returns_the_first_version()
    {
        var options = new RegisterOptions { IdempotencyKey = "step-7", RunId = "r1", Description = "first" };
        ModelVersion first = await _registry.RegisterAsync("m", new MemoryStream(Linear(1)), options);
        ModelVersion again = await _registry.RegisterAsync("m", new MemoryStream(Linear(1)), options);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(await _registry.ListVersionsAsync("m"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Bytes_that_are_no_model_are_refused_and_nothing_is_registered()
    {
        Assert.That(async () => await _registry.RegisterAsync("m", new MemoryStream([1, 2, 3])), Throws.TypeOf<InvalidModelException>());
        Assert.That(await _registry.FindAsync("m/1"), Is.Null);

        ModelVersion other = await _registry.RegisterAsync("m", new MemoryStream([1, 2, 3]), new RegisterOptions { Format = ModelFormat.Other });
        Assert.That(other.Number, Is.EqualTo(1));
    }

    [Test]
    public async Task An_alias_moves_only_from_where_it_was_expected()
    {
        await RegisterAsync("m", 1);
        await RegisterAsync("m", 2);
        await _registry.SetAliasAsync("m", "champion", 1, expected: null);

        AliasConflictException? conflict = await Assert.ThrowsAsync<AliasConflictException>(async () => await _registry.SetAliasAsync("m", "champion", 2, expected: null));
        Assert.That(conflict!.Actual, Is.EqualTo(1));
        Assert.That((await _registry.GetAsync("m@champion")).Number, Is.EqualTo(1));

        await _registry.SetAliasAsync("m", "champion", 2, expected: 1);
        Assert.That((await _registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
        await _registry.SetAliasAsync("m", "champion", 1, Expected.Any);
        Assert.That((await _registry.GetHistoryAsync("m", "champion")).Select(static change => change.Number), Is.EqualTo(new[] { 1, 2, 1 }));
    }

    [Test]
    public async Task Of_eight_connections_that_race_for_an_alias_one_wins()
    {
        for (int i = 0; i < 8; i++)
        {
            await RegisterAsync("m", i);
        }

        await _registry.SetAliasAsync("m", "champion", 1, expected: null);
        SqliteDatabase[] databases = [.. Enumerable.Range(0, 8).Select(_ => new SqliteDatabase($"Data Source={_database.FilePath}"))];
        bool[] won = await Task.WhenAll(databases.Select((database, i) => Task.Run(async () =>
        {
            var registry = new ModelRegistry(database, new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(_folder, "artifacts"))));
            try
            {
                await registry.SetAliasAsync("m", "champion", i + 1, expected: 1);
                return true;
            }
            catch (AliasConflictException)
            {
                return false;
            }
        })));
        foreach (SqliteDatabase database in databases)
        {
            await database.DisposeAsync();
        }

        // The one that moves 1 to 1 leaves the expectation true, so it may win beside one other.
        Assert.That(won.Skip(1).Count(static winner => winner), Is.EqualTo(1));
    }

    [Test]
    public async Task What_was_live_at_a_time_is_known_for_good()
    {
        DateTimeOffset start = _time.GetUtcNow();
        await RegisterAsync("m", 1);
        await RegisterAsync("m", 2);
        await _registry.SetAliasAsync("m", "champion", 1, expected: null);
        _time.Advance(TimeSpan.FromDays(7));
        await _registry.SetAliasAsync("m", "champion", 2, expected: 1, new AliasChangeOptions { Actor = "ann", Reason = "better" });

        Assert.That(await _registry.FindLiveAtAsync("m", "champion", start.AddSeconds(-1)), Is.Null);
        Assert.That((await _registry.FindLiveAtAsync("m", "champion", start.AddDays(3)))!.Number, Is.EqualTo(1));
        Assert.That((await _registry.FindLiveAtAsync("m", "champion", start.AddDays(7)))!.Number, Is.EqualTo(2));
        Assert.That((await _registry.GetHistoryAsync("m", "champion"))[1], Is.EqualTo(new AliasChange(2, 2, start.AddDays(7), "ann", "better", null)));
    }

    [Test]
    public async Task Rolling_back_returns_to_the_version_before_and_needs_one()
    {
        await RegisterAsync("m", 1);
        await RegisterAsync("m", 2);
        await _registry.SetAliasAsync("m", "champion", 1, expected: null);
        Assert.That(async () => await _registry.RollbackAsync("m", "champion"), Throws.TypeOf<RegistryException>());

        await _registry.SetAliasAsync("m", "champion", 2, expected: 1);
        await _registry.RollbackAsync("m", "champion");

        Assert.That((await _registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task A_promotion_moves_the_alias_only_when_every_gate_passes_and_keeps_the_evidence_either_way()
    {
        await RegisterAsync("m", 1);
        ModelVersion candidate = await RegisterAsync("m", 2);
        await _registry.SetAliasAsync("m", "champion", 1, expected: null);
        IPromotionGate passing = PromotionGate.Create("error", static (_, _) => new(new GateResult(true, "1.02 against 1.10")));
        IPromotionGate failing = PromotionGate.Create("latency", static (_, _) => throw new TimeoutException("too slow"));

        PromotionDecision rejected = await _registry.PromoteAsync(candidate, [passing, failing], new PromotionOptions { IdempotencyKey = "a" });
        Assert.That(rejected.Accepted, Is.False);
        Assert.That((await _registry.GetAsync("m@champion")).Number, Is.EqualTo(1));

        PromotionDecision accepted = await _registry.PromoteAsync(candidate, [passing, PromotionGate.CompatibleSignature], new PromotionOptions { IdempotencyKey = "b" });
        Assert.That(accepted.Accepted, Is.True);
        Assert.That((await _registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
        Assert.That((await _registry.GetHistoryAsync("m", "champion"))[^1].DecisionId, Is.EqualTo(accepted.Id));

        PromotionDecision repeated = await _registry.PromoteAsync(candidate, [failing], new PromotionOptions { IdempotencyKey = "b" });
        Assert.That(repeated.Id, Is.EqualTo(accepted.Id));
        IReadOnlyList<PromotionDecision> decisions = await _registry.ListDecisionsAsync("m", "champion");
        Assert.That(decisions.Select(static decision => decision.Accepted), Is.EqualTo(new[] { false, true }));
        Assert.That(decisions[0].Evidence[1], Is.EqualTo(new GateEvidence("latency", false, "TimeoutException: too slow")));
    }

    [Test]
    public async Task A_candidate_with_other_inputs_does_not_pass_the_signature_gate()
    {
        await RegisterAsync("m", 1);
        await _registry.SetAliasAsync("m", "champion", 1, expected: null);
        var wider = new MemoryStream();
        OnnxLinearRegression.Write(wider, [1.0, 2.0, 3.0], 0, "features", "prediction", ["a", "b", "c"]);
        wider.Position = 0;
        ModelVersion candidate = await _registry.RegisterAsync("m", wider);

        PromotionDecision decision = await _registry.PromoteAsync(candidate, [PromotionGate.CompatibleSignature]);

        Assert.That(decision.Accepted, Is.False);
    }

    [Test]
    public async Task A_move_of_the_alias_fires_its_token_once()
    {
        await RegisterAsync("m", 1);
        Microsoft.Extensions.Primitives.IChangeToken token = _registry.WatchAlias("m", "champion");
        Assert.That(token.HasChanged, Is.False);

        await _registry.SetAliasAsync("m", "champion", 1, expected: null);

        Assert.That(token.HasChanged, Is.True);
        Assert.That(_registry.WatchAlias("m", "champion").HasChanged, Is.False);
    }

    [TestCase("")]
    [TestCase("m")]
    [TestCase("m/0")]
    [TestCase("m/-1")]
    [TestCase("m/x")]
    [TestCase("../m/1")]
    [TestCase("m@")]
    [TestCase("@champion")]
    [TestCase("m@a/b")]
    [TestCase("m/1/2")]
    public void What_names_no_version_is_refused(string reference) =>
        Assert.That(() => ModelReference.Parse(reference), Throws.TypeOf<FormatException>());

    private static byte[] Linear(double weight)
    {
        using var bytes = new MemoryStream();
        OnnxLinearRegression.Write(bytes, [weight, 1.0], 0.5, "features", "prediction", ["a", "b"]);
        return bytes.ToArray();
    }

    private Task<ModelVersion> RegisterAsync(string model, double weight) => _registry.RegisterAsync(model, new MemoryStream(Linear(weight)));
}
