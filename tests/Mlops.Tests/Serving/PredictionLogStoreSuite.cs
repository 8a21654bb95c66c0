#pragma warning disable MLOPS002

using Microsoft.Extensions.Time.Testing;
using Mlops.Serving;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Serving;

/// <summary>What a store of the prediction log does, the same on every engine.</summary>
public abstract class PredictionLogStoreSuite
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Noon);
    private string _folder = "";
    private Database _database = null!;
    private DatabasePredictionLogStore _store = null!;

    private protected Database Database => _database;

    protected abstract Database Create(string folder);

    [SetUp]
    public async Task Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-prediction-log-").FullName;
        _database = Create(_folder);
        _store = new DatabasePredictionLogStore(_database, _time);
        await _database.OpenAsync();
    }

    [TearDown]
    public async Task Close()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Everything_of_a_prediction_comes_back()
    {
        LoggedPrediction full = Of("m", Noon.AddTicks(12_340)) with
        {
            Row = 3,
            Version = long.MaxValue,
            Variant = "canary",
            Propensity = 0.05,
            Duration = TimeSpan.FromTicks(47),
            QueueTime = TimeSpan.FromHours(1),
            ComputeTime = TimeSpan.FromTicks(1),
            RoutingKeyHash = new string('0', 64),
            FeatureNames = ["lag, \"7\"", "r\u00E9gion\0"],
            Features = [float.NaN, float.NegativeInfinity],
            Outputs = [-0f, float.Epsilon, float.PositiveInfinity],
            OutputLength = 1_000,
        };
        LoggedPrediction bare = Of("m", Noon) with { Outputs = [] };
        await _store.WriteAsync([full, bare], [Outcome(full, -1e300, Noon.AddTicks(10))], default);

        IReadOnlyList<LoggedPrediction> read = await ListAsync();

        AssertSame(read[0], full with { Outcome = -1e300, OutcomeTimestamp = Noon.AddTicks(10) });
        AssertSame(read[1], bare);
        Assert.That(read[0].Outputs.Select(BitConverter.SingleToInt32Bits), Is.EqualTo(full.Outputs.Select(BitConverter.SingleToInt32Bits)));
    }

    [Test]
    public async Task Writing_again_changes_nothing_and_the_first_outcome_stands()
    {
        LoggedPrediction prediction = Of("m", Noon);
        await _store.WriteAsync([prediction], [Outcome(prediction, 1, Noon)], default);
        await _store.WriteAsync([prediction with { Outputs = [9] }], [Outcome(prediction, 2, Noon.AddDays(1))], default);

        AssertSame((await ListAsync()).Single(), prediction with { Outcome = 1, OutcomeTimestamp = Noon });
    }

    [Test]
    public async Task An_outcome_that_comes_before_its_prediction_waits_for_it()
    {
        LoggedPrediction prediction = Of("m", Noon);
        await _store.WriteAsync([], [Outcome(prediction, 1, Noon)], default);
        Assert.That(await ListAsync(), Is.Empty);

        await _store.WriteAsync([prediction], [], default);

        Assert.That((await ListAsync()).Single().Outcome, Is.EqualTo(1));
    }

    [Test]
    public async Task An_outcome_belongs_to_its_row_and_its_model()
    {
        LoggedPrediction prediction = Of("m", Noon), other = prediction with { Row = 1 };
        await _store.WriteAsync([prediction, other], [Outcome(other, 5, Noon), Outcome(prediction, 6, Noon) with { Model = "n" }], default);

        Assert.That((await ListAsync()).Select(static p => (p.Row, p.Outcome)), Is.EqualTo(new[] { (1, (double?)5), (0, null) }));
    }

    [Test]
    public async Task An_outcome_for_the_wrong_model_does_not_stand_in_the_way_of_the_right_one()
    {
        LoggedPrediction prediction = Of("m", Noon);
        await _store.WriteAsync([prediction], [Outcome(prediction, 6, Noon) with { Model = "n" }], default);

        await _store.WriteAsync([], [Outcome(prediction, 5, Noon), Outcome(prediction, 4, Noon)], default);

        Assert.That((await ListAsync()).Single().Outcome, Is.EqualTo(5));
    }

    [Test]
    public async Task What_an_older_version_stored_comes_along()
    {
        LoggedPrediction prediction = Of("m", Noon);
        string folder = Directory.CreateTempSubdirectory("mlops-prediction-log-").FullName;
        await using (Database old = Create(folder))
        {
            old.Require(new MigrationSet("predictions", [PredictionLogSchema.Migrations.Migrations[0]]));
            await old.OpenAsync();
            await old.WriteAsync(prediction.Id.ToString(), static (session, id) => session.Execute(
                "INSERT INTO serving_outcome (id, row_index, model, value, happened_at, stored_at) VALUES (@id, 0, 'm', 7, 0, 0)", ("@id", id)));
        }

        await using (Database database = Create(folder))
        {
            var store = new DatabasePredictionLogStore(database, _time);
            await database.OpenAsync();
            await store.WriteAsync([prediction], [Outcome(prediction, 8, Noon)], default);
            Assert.That((await store.ListAsync(new PredictionLogQuery { Model = "m" }, default)).Single().Outcome, Is.EqualTo(7));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task Pages_follow_time_then_id_then_row_and_miss_nothing()
    {
        var random = new Random(7);
        LoggedPrediction[] all =
        [
            .. Enumerable.Range(0, 60).SelectMany(i => Enumerable.Range(0, 3).Select(row => Of("m", Noon.AddTicks(10 * random.Next(8))) with { Row = row })),
        ];
        await _store.WriteAsync([.. all.OrderBy(_ => random.Next()), Of("n", Noon)], [], default);
        LoggedPrediction[] expected = [.. all.OrderByDescending(static p => p.Timestamp).ThenByDescending(static p => p.Id).ThenByDescending(static p => p.Row)];

        List<LoggedPrediction> read = [];
        while (await ListAsync(new PredictionLogQuery { Model = "m", Take = 7, Before = read.LastOrDefault() }) is { Count: > 0 } page)
        {
            read.AddRange(page);
        }

        Assert.That(read.Select(static p => (p.Id, p.Row)), Is.EqualTo(expected.Select(static p => (p.Id, p.Row))));
    }

    [Test]
    public async Task A_query_gets_what_it_asks_for()
    {
        LoggedPrediction[] all = [.. Enumerable.Range(0, 6).Select(i => Of("m", Noon.AddMinutes(i)) with { VersionDigest = i % 2 == 0 ? "even" : "odd" })];
        await _store.WriteAsync(all, [Outcome(all[1], 1, Noon), Outcome(all[4], 1, Noon)], default);
        var query = new PredictionLogQuery { Model = "m" };

        Assert.That(await PlacesAsync(query with { VersionDigest = "odd" }), Is.EqualTo(new[] { 5, 3, 1 }));
        Assert.That(await PlacesAsync(query with { From = Noon.AddMinutes(2), To = Noon.AddMinutes(4) }), Is.EqualTo(new[] { 3, 2 }));
        Assert.That(await PlacesAsync(query with { From = Noon.AddMinutes(2).AddTicks(1), To = Noon.AddMinutes(4).AddTicks(1) }), Is.EqualTo(new[] { 4, 3 }));
        Assert.That(await PlacesAsync(query with { OnlyWithOutcome = true }), Is.EqualTo(new[] { 4, 1 }));
        Assert.That(await PlacesAsync(query with { Id = all[2].Id }), Is.EqualTo(new[] { 2 }));
        Assert.That(await PlacesAsync(query with { Id = all[4].Id, OnlyWithOutcome = true, VersionDigest = "even", From = Noon, Before = all[5] }), Is.EqualTo(new[] { 4 }));
        Assert.That(await PlacesAsync(query with { Id = all[2].Id, OnlyWithOutcome = true }), Is.Empty);
        Assert.That(await PlacesAsync(query with { Id = all[2].Id, VersionDigest = "odd" }), Is.Empty);
        Assert.That(await PlacesAsync(query with { Id = all[2].Id, Model = "n" }), Is.Empty);
        Assert.That(await PlacesAsync(query with { Take = 2 }), Is.EqualTo(new[] { 5, 4 }));
        Assert.That(await PlacesAsync(query with { Model = "n" }), Is.Empty);

        async Task<int[]> PlacesAsync(PredictionLogQuery asked) => [.. (await ListAsync(asked)).Select(p => Array.FindIndex(all, one => one.Id == p.Id))];
    }

    [Test]
    public async Task What_was_made_for_a_routing_key_is_deleted_with_its_outcomes()
    {
        LoggedPrediction mine = Of("m", Noon) with { RoutingKeyHash = "ada" }, others = Of("m", Noon) with { RoutingKeyHash = "bob" }, nobodys = Of("n", Noon);
        await _store.WriteAsync([mine, others, nobodys], [Outcome(mine, 1, Noon), Outcome(others, 2, Noon)], default);

        Assert.That(await _store.DeleteByRoutingKeyAsync("ada", default), Is.EqualTo(1));
        Assert.That(await _store.DeleteByRoutingKeyAsync("ada", default), Is.Zero);

        Assert.That((await ListAsync()).Single().Outcome, Is.EqualTo(2));
        await _store.WriteAsync([mine], [], default);
        Assert.That((await ListAsync()).Single(p => p.Id == mine.Id).Outcome, Is.Null, "the outcome is gone too");
    }

    [Test]
    public async Task The_oldest_go_first_with_their_outcomes_and_with_those_that_never_found_a_prediction()
    {
        LoggedPrediction[] all = [.. Enumerable.Range(0, 5).Select(i => Of("m", Noon.AddMinutes(i)))];
        LoggedPrediction never = Of("m", Noon);
        await _store.WriteAsync(all, [.. all.Select(p => Outcome(p, 1, Noon.AddYears(-1))), Outcome(never, 1, Noon)], default);

        Assert.That(await _store.DeleteBeforeAsync(Noon.AddMinutes(3), maximum: 2, default), Is.EqualTo(3), "two predictions, and an outcome without one");
        Assert.That((await ListAsync()).Select(static p => p.Timestamp.Minute), Is.EqualTo(new[] { 4, 3, 2 }));
        Assert.That(await _store.DeleteBeforeAsync(Noon.AddMinutes(3), maximum: 2, default), Is.EqualTo(1));
        Assert.That(await _store.DeleteBeforeAsync(Noon.AddMinutes(3), maximum: 2, default), Is.Zero);

        Assert.That((await ListAsync()).Select(static p => p.Outcome), Is.EqualTo(new double?[] { 1, 1 }), "however long ago the outcome happened");
        await _store.WriteAsync([never, all[0]], [], default);
        Assert.That((await ListAsync()).Where(p => p.Id == never.Id || p.Id == all[0].Id).Select(static p => p.Outcome), Is.EqualTo(new double?[] { null, null }));
    }

    [Test]
    public async Task Processes_that_write_the_same_at_once_store_it_once()
    {
        LoggedPrediction[] all = [.. Enumerable.Range(0, 200).Select(i => Of("m", Noon.AddMinutes(i)))];
        PredictionOutcome[] outcomes = [.. all.Select(p => Outcome(p, 1, Noon))];
        await using Database second = Create(_folder);
        var there = new DatabasePredictionLogStore(second, _time);
        await second.OpenAsync();

        await Task.WhenAll(
            Task.Run(async () => await _store.WriteAsync(all, outcomes, default)),
            Task.Run(async () => await there.WriteAsync(all, outcomes, default)),
            Task.Run(async () => await there.WriteAsync(all, outcomes, default)));

        Assert.That(await ListAsync(new PredictionLogQuery { Model = "m", Take = 1_000 }), Has.Count.EqualTo(200).And.All.Matches<LoggedPrediction>(static p => p!.Outcome == 1));
    }

    private async Task<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery? query = null) => await _store.ListAsync(query ?? new PredictionLogQuery { Model = "m" }, default);

    private static LoggedPrediction Of(string model, DateTimeOffset at) => new()
    {
        Model = model,
        Id = PredictionId.Next(),
        Version = 1,
        VersionDigest = new string('a', 64),
        Variant = "live",
        Timestamp = at,
        Outputs = [1],
        OutputLength = 1,
    };

    private static PredictionOutcome Outcome(LoggedPrediction prediction, double value, DateTimeOffset at) =>
        new() { Model = prediction.Model, Id = prediction.Id, Row = prediction.Row, Value = value, Timestamp = at };

    // Records compare lists by reference.
    private static void AssertSame(LoggedPrediction actual, LoggedPrediction expected)
    {
        Assert.That(actual.Features, Is.EqualTo(expected.Features));
        Assert.That(actual.FeatureNames, Is.EqualTo(expected.FeatureNames));
        Assert.That(actual.Outputs, Is.EqualTo(expected.Outputs));
        Assert.That(actual with { Features = expected.Features, FeatureNames = expected.FeatureNames, Outputs = expected.Outputs }, Is.EqualTo(expected));
    }
}

public sealed class SqlitePredictionLogStoreTests : PredictionLogStoreSuite
{
    protected override Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");

    [Test]
    public async Task A_call_is_looked_up_by_its_id_and_not_among_all_of_its_model()
    {
        List<string> plan = await Database.QueryAsync(
            "EXPLAIN QUERY PLAN " + DatabasePredictionLogStore.ListOfCallSql,
            static row => row.GetString(3),
            CancellationToken.None,
            ("@id", ""), ("@model", "m"), ("@from", 0L), ("@to", 1L), ("@before", 1L), ("@before_id", ""), ("@before_row", 0L), ("@any_version", true), ("@digest", ""), ("@any_outcome", true), ("@take", 1L));

        Assert.That(plan, Has.Some.Match(@"^SEARCH p USING .*\(id=\?"), string.Join("; ", plan));
    }
}

public sealed class PostgreSqlPredictionLogStoreTests : PredictionLogStoreSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}
