#pragma warning disable MLOPS002

using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

public sealed class PredictionLogTests
{
    internal static readonly ModelSignature Signature = new([new TensorSpec("features", TensorDataType.Float32, [-1, 1])], [new TensorSpec("prediction", TensorDataType.Float32, [-1, 1])]);
    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];

    // printf ada | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f
    private const string HmacOfAda = "9556fd532c3b9e35076ea008688401f9cb99ba974b3efedbb0c450109b523c97";

    [Test]
    public async Task A_prediction_is_kept_with_its_origin_its_output_and_its_outcome()
    {
        var time = new FakeTimeProvider();
        await using var log = new PredictionLog(timeProvider: time);
        await using ModelServer server = await StartAsync(log, time: time);
        Prediction<float> prediction = await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[] { 5, 6 });
        DateTimeOffset madeAt = time.GetUtcNow();
        time.Advance(TimeSpan.FromDays(1));
        server.Get("m").RecordOutcome(prediction.Id, 57);
        server.Get("m").RecordOutcome(prediction.Id, 58);
        await log.FlushAsync();

        LoggedPrediction kept = (await log.ListAsync(new PredictionLogQuery { Model = "m" })).Single();

        Assert.That((kept.Id, kept.Row, kept.Version, kept.VersionDigest, kept.Variant), Is.EqualTo((prediction.Id, 0, 1L, prediction.Version.Digest, "live")));
        Assert.That((kept.Timestamp, kept.Propensity, kept.OutputLength), Is.EqualTo((madeAt, 1.0, 1)));
        Assert.That(kept.Outputs, Is.EqualTo(new[] { 56f }));
        Assert.That((kept.Outcome, kept.OutcomeTimestamp), Is.EqualTo(((double?)57, (DateTimeOffset?)time.GetUtcNow())), "the first outcome stands");
        Assert.That(kept.Features, Is.Empty, "features are kept only where they are allowed");
        Assert.That(kept.RoutingKeyHash, Is.Null);
    }

    [Test]
    public async Task Only_the_columns_that_are_allowed_are_kept()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { Features = { "rain", "unheard of" } });
        await using ModelServer server = await StartAsync(log, names: ["lag", "rain"]);
        using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("features", [2, 2], [1, 2, 3, 4]));
        await log.FlushAsync();

        IReadOnlyList<LoggedPrediction> kept = await log.ListAsync(new PredictionLogQuery { Model = "m" });

        Assert.That(kept.Select(static p => (p.Row, p.FeatureNames.Single(), p.Features.Single())), Is.EqualTo(new[] { (1, "rain", 4f), (0, "rain", 2f) }));
    }

    [Test]
    public async Task Columns_are_known_by_the_predictors_names_and_else_by_position()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { Features = { "Rain", "1" } });
        await using ModelServer server = ModelServer.Create(Observed(log, new LinearRuntime())
            .AddModel<Ride>("named", m => m.FromSource(MemorySource.Of(1, 10, 0)).Feature(r => r.Lag7).Feature(r => r.Rain))
            .AddModel("bare", m => m.FromSource(MemorySource.Of(1, 10, 0))));
        await server.StartAsync();
        await server.GetPredictor<Ride, float>("named").PredictAsync(new Ride(1, 2));
        await server.GetPredictor<ReadOnlyMemory<float>, float>("bare").PredictAsync(new float[] { 3, 4 });
        await log.FlushAsync();

        LoggedPrediction named = (await log.ListAsync(new PredictionLogQuery { Model = "named" })).Single();
        LoggedPrediction bare = (await log.ListAsync(new PredictionLogQuery { Model = "bare" })).Single();

        Assert.That((named.FeatureNames.Single(), named.Features.Single()), Is.EqualTo(("Rain", 2f)));
        Assert.That((bare.FeatureNames.Single(), bare.Features.Single()), Is.EqualTo(("1", 4f)));
    }

    [Test]
    public async Task A_share_of_the_predictions_keeps_its_features_the_same_ones_at_every_look()
    {
        var options = new PredictionLogOptions { Features = { "0" }, FeatureShare = 0.25, Retention = null };
        var time = new FakeTimeProvider();
        await using PredictionLog log = new(options, timeProvider: time), again = new(options, timeProvider: time);
        var version = new ServedVersion(1, new string('a', 64), default, Signature);
        for (int i = 0; i < 8_000; i++)
        {
            PredictionRecord record = Record(version, PredictionId.Next(), 1);
            log.OnPrediction(record);
            again.OnPrediction(record);
        }

        string[] kept = await WithFeatures(log), keptAgain = await WithFeatures(again);

        Assert.That(kept, Has.Length.InRange(1_850, 2_150), "a quarter, within four deviations of chance");
        Assert.That(keptAgain, Is.EqualTo(kept));

        static async Task<string[]> WithFeatures(PredictionLog log)
        {
            await log.FlushAsync();
            List<string> ids = [];
            LoggedPrediction? last = null;
            for (int page = 0; page < 8; page++)
            {
                IReadOnlyList<LoggedPrediction> predictions = await log.ListAsync(new PredictionLogQuery { Model = "m", Take = 1_000, Before = last });
                ids.AddRange(predictions.Where(static p => p.Features.Count > 0).Select(static p => p.Id.ToString()));
                last = predictions[^1];
            }

            return [.. ids];
        }
    }

    [Test]
    public async Task Of_a_long_output_the_first_numbers_are_kept_and_its_length()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { MaximumOutputs = 2, Retention = null });
        var version = new ServedVersion(1, new string('a', 64), default, Signature);
        log.OnPrediction(Record(version, PredictionId.Next(), 1, [7, 8, 9]));
        log.OnPrediction(Record(version, PredictionId.Next(), 1, [4]));
        await log.FlushAsync();

        IReadOnlyList<LoggedPrediction> kept = await log.ListAsync(new PredictionLogQuery { Model = "m" });

        Assert.That(kept[1].Outputs, Is.EqualTo(new[] { 7f, 8f }));
        Assert.That(kept[0].Outputs, Is.EqualTo(new[] { 4f }));
        Assert.That((kept[1].OutputLength, kept[0].OutputLength), Is.EqualTo((3, 1)));
    }

    [Test]
    public async Task A_routing_key_is_kept_as_its_hmac_and_deletes_what_was_made_for_it()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { RoutingKeySecret = Secret });
        await using ModelServer server = await StartAsync(log);
        foreach (string key in (string[])["ada", "bob", "ada"])
            (await server.Get("m").InferAsync(new TensorRequest().AddInput("features", [1, 2], [1, 2]), new PredictionOptions { RoutingKey = key })).Dispose();
        await log.FlushAsync();
        string?[] hashes = [.. (await log.ListAsync(new PredictionLogQuery { Model = "m" })).Select(static p => p.RoutingKeyHash)];

        long deleted = await log.DeleteByRoutingKeyAsync("ada");

        Assert.That(hashes.Count(static hash => hash == HmacOfAda), Is.EqualTo(2));
        Assert.That(deleted, Is.EqualTo(2));
        Assert.That((await log.ListAsync(new PredictionLogQuery { Model = "m" })).Single().RoutingKeyHash, Is.EqualTo(hashes.Single(static hash => hash != HmacOfAda)));
    }

    [Test]
    public async Task What_waits_is_deleted_by_its_routing_key_too()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { RoutingKeySecret = Secret, Retention = null });
        var version = new ServedVersion(1, new string('a', 64), default, Signature);
        log.OnPrediction(Record(version, PredictionId.Next(), 1, key: "ada"));

        Assert.That(await log.DeleteByRoutingKeyAsync("ada"), Is.EqualTo(1));
        await log.FlushAsync();
        Assert.That(await log.ListAsync(new PredictionLogQuery { Model = "m" }), Is.Empty);
    }

    [Test]
    public async Task Without_a_secret_nothing_is_kept_of_routing_keys_and_deleting_by_one_says_so()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { Retention = null });
        var version = new ServedVersion(1, new string('a', 64), default, Signature);
        log.OnPrediction(Record(version, PredictionId.Next(), 1, key: "ada"));
        await log.FlushAsync();

        Assert.That((await log.ListAsync(new PredictionLogQuery { Model = "m" })).Single().RoutingKeyHash, Is.Null);
        Assert.That(async () => await log.DeleteByRoutingKeyAsync("ada"), Throws.InvalidOperationException.With.Message.Contains("RoutingKeySecret"));
    }

    [Test]
    public async Task What_is_older_than_its_retention_goes()
    {
        var time = new FakeTimeProvider();
        await using var log = new PredictionLog(new PredictionLogOptions { Retention = TimeSpan.FromHours(1) }, timeProvider: time);
        var version = new ServedVersion(1, new string('a', 64), default, Signature);
        var query = new PredictionLogQuery { Model = "m" };
        log.OnPrediction(Record(version, PredictionId.Next(), 1, at: time.GetUtcNow()));
        log.OnPrediction(Record(version, PredictionId.Next(), 2, at: time.GetUtcNow() + TimeSpan.FromMinutes(30)));
        await log.FlushAsync();
        Assert.That(await log.ListAsync(query), Has.Count.EqualTo(2));

        time.Advance(TimeSpan.FromMinutes(61));

        Assert.That(async () => (await log.ListAsync(query)).Select(static p => p.Outputs[0]), Is.EqualTo(new[] { 2f }).After(20_000, 5));
    }

    [Test]
    public async Task More_than_one_look_can_delete_goes_with_the_next_flushes()
    {
        var time = new FakeTimeProvider();
        var store = new MemoryLogStore(30_000);
        await store.WriteAsync([.. Enumerable.Range(0, 25_000).Select(_ => Old(time.GetUtcNow()))], [], default);
        time.Advance(TimeSpan.FromMinutes(61));
        var options = new PredictionLogOptions { Retention = TimeSpan.FromHours(1) };
        await using var log = new PredictionLog(options, store, time);

        time.Advance(options.FlushInterval);
        Assert.That(async () => await CountAsync(), Is.EqualTo(5_000).After(20_000, 5));
        time.Advance(options.FlushInterval);

        Assert.That(async () => await CountAsync(), Is.Zero.After(20_000, 5));

        async Task<int> CountAsync() => (await store.ListAsync(new PredictionLogQuery { Model = "m", Take = 30_000 }, default)).Count;

        static LoggedPrediction Old(DateTimeOffset at) => new()
        {
            Model = "m",
            Id = PredictionId.Next(),
            Version = 1,
            VersionDigest = new string('a', 64),
            Variant = "live",
            Timestamp = at,
            Outputs = [],
            OutputLength = 0,
        };
    }

    [Test]
    public void Options_out_of_range_are_refused_with_their_names()
    {
        Assert.That(() => new PredictionLog(new PredictionLogOptions { Capacity = 1 }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("Capacity"));
        Assert.That(() => new PredictionLog(new PredictionLogOptions { FeatureShare = double.NaN }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("FeatureShare"));
        Assert.That(() => new PredictionLog(new PredictionLogOptions { RoutingKeySecret = new byte[15] }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("has 15 bytes"));
        Assert.That(() => new PredictionLog(new PredictionLogOptions { FlushInterval = TimeSpan.Zero }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("FlushInterval"));
        Assert.That(() => new PredictionLog(new PredictionLogOptions { Retention = TimeSpan.Zero }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("Retention"));
        Assert.That(() => new PredictionLog(new PredictionLogOptions { Features = { "a", "a" } }), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("twice"));
    }

    [Test]
    public async Task A_query_that_asks_for_nothing_or_too_much_is_refused()
    {
        await using var log = new PredictionLog();

        Assert.That(async () => await log.ListAsync(new PredictionLogQuery { Model = "" }), Throws.ArgumentException);
        Assert.That(async () => await log.ListAsync(new PredictionLogQuery { Model = "m", Take = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await log.ListAsync(new PredictionLogQuery { Model = "m", Take = 1_001 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await log.DeleteByRoutingKeyAsync(""), Throws.ArgumentException);
    }

    internal static PredictionRecord Record(ServedVersion version, PredictionId id, float feature, float[]? outputs = null, string? key = null, DateTimeOffset at = default) => new()
    {
        Model = "m",
        Id = id,
        Version = version,
        Variant = "live",
        Propensity = 1,
        RoutingKey = key,
        Timestamp = at,
        Duration = default,
        Features = (float[])[feature],
        Outputs = outputs ?? [feature],
    };

    internal static ModelServerOptions Observed(PredictionLog log, LinearRuntime runtime, TimeProvider? time = null)
    {
        var options = new ModelServerOptions { Runtime = runtime, TimeProvider = time ?? TimeProvider.System };
        options.Observers.Add(log);
        options.OutcomeObservers.Add(log);
        return options;
    }

    internal static async Task<ModelServer> StartAsync(PredictionLog log, IReadOnlyList<string>? names = null, TimeProvider? time = null)
    {
        ModelServer server = ModelServer.Create(Observed(log, new LinearRuntime { FeatureNames = names }, time).AddModel("m", m => m.FromSource(MemorySource.Of(1, 8, 3))));
        await server.StartAsync();
        return server;
    }
}
