using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Serving.Tests;

public sealed class ServedModelTests
{
    private static readonly ReadOnlyMemory<float> Row = new float[] { 1, 2 };

    [TestCase(1, new[] { 1, 8 })]
    [TestCase(16, new[] { 1, 2, 4, 8, 16 })]
    [TestCase(20, new[] { 1, 2, 4, 8, 16 })]
    public async Task Runs_of_1_2_4_and_so_on_rows_come_before_a_version_serves(int maximum, int[] sizes)
    {
        var seen = new SortedSet<int>();
        var runtime = new LinearRuntime { OnRows = rows => seen.Add(rows) };
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }
            .AddModel("m", m => m.FromSource(MemorySource.Of(0, 1)).Configure(options => options.MaximumWarmupRows = maximum)));
        await server.StartAsync();

        Assert.That(seen, Is.EqualTo(sizes), "8 made-up rows are also compared, alone and together");
    }

    [Test]
    public async Task A_version_in_quarantine_is_not_loaded_and_others_are()
    {
        MemorySource source = MemorySource.Of(0, 1);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", m => m.FromSource(source)));
        await server.StartAsync();
        ServedModel model = server.Get("m");
        model.QuarantineDigest(model.Version!.Digest, "it failed too often");

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => model.ReloadAsync()))!;
        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.Quarantined));
        Assert.That(failure.Message, Does.Contain("it failed too often"));
        source.Package = MemorySource.Version(2, 0, 2);
        Assert.That((await model.ReloadAsync()).Number, Is.EqualTo(2));
        Assert.That(model.IsQuarantined(model.Version!.Digest), Is.False);
    }

    [Test]
    public async Task A_started_model_predicts_and_says_which_version_did()
    {
        await using ModelServer server = Server(MemorySource.Of(10, 100, 7));
        await server.StartAsync();

        Prediction<float> prediction = await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(Row);

        Assert.That(prediction.Value, Is.EqualTo(217f));
        Assert.That(prediction.Version.Number, Is.EqualTo(1));
        Assert.That(prediction.Version.Digest, Is.EqualTo(Sha256(LinearRuntime.File(10, 100, 7))));
        Assert.That(prediction.Variant, Is.EqualTo("live"));
        Assert.That(server.Get("m").Version, Is.SameAs(prediction.Version));
    }

    [Test]
    public async Task A_reload_replaces_the_version_and_frees_the_old_one()
    {
        var runtime = new LinearRuntime();
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, runtime);
        await server.StartAsync();
        source.Package = MemorySource.Version(2, 0, 0, 2);

        ServedVersion version = await server.Get("m").ReloadAsync();

        Assert.That(version.Number, Is.EqualTo(2));
        Assert.That((await Predict(server)).Value, Is.EqualTo(2f));
        Assert.That(() => runtime.LiveSessions, Is.EqualTo(1).After(5000, 5));
    }

    [Test]
    public async Task A_version_that_serves_already_is_not_loaded_again()
    {
        await using ModelServer server = Server(MemorySource.Of(0, 0, 1));
        await server.StartAsync();
        ServedVersion before = server.Get("m").Version!;

        Assert.That(await server.Get("m").ReloadAsync(), Is.SameAs(before));
    }

    [TestCase(2, 1f, TestName = "The_same_bytes_under_another_number_are_another_version")]
    [TestCase(1, 2f, TestName = "Other_bytes_under_the_same_number_are_another_version")]
    public async Task A_version_is_its_number_and_its_bytes(long number, float bias)
    {
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source);
        await server.StartAsync();
        ServedVersion before = server.Get("m").Version!;
        source.Package = MemorySource.Version(number, 0, 0, bias);

        ServedVersion after = await server.Get("m").ReloadAsync();
        Prediction<float> prediction = await Predict(server);

        Assert.That(after, Is.Not.SameAs(before).And.SameAs(prediction.Version));
        Assert.That((after.Number, prediction.Value), Is.EqualTo((number, bias)));
        Assert.That(after.Digest == before.Digest, Is.EqualTo(bias == 1f));
    }

    [Test]
    public async Task A_version_token_fires_once_another_version_serves()
    {
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source);
        ServedModel model = server.Get("m");
        List<long?> seen = [];
        using IDisposable watch = ChangeToken.OnChange(model.WatchVersion, () => seen.Add(model.Version?.Number));

        await server.StartAsync();
        await model.ReloadAsync();
        source.Package = MemorySource.Version(2, 0, 0, 2);
        await model.ReloadAsync();
        source.Package = MemorySource.Version(3, 1, float.NaN, 3);
        await Assert.ThrowsAsync<ModelLoadException>(() => model.ReloadAsync());

        Assert.That(seen, Is.EqualTo(new long?[] { 1, 2 }));
    }

    [Test]
    public async Task A_callback_that_throws_does_not_undo_the_swap()
    {
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source);
        await server.StartAsync();
        server.Get("m").WatchVersion().RegisterChangeCallback(static _ => throw new InvalidOperationException("mine"), null);
        source.Package = MemorySource.Version(2, 0, 0, 2);

        Assert.That((await server.Get("m").ReloadAsync()).Number, Is.EqualTo(2));
        Assert.That((await Predict(server)).Value, Is.EqualTo(2f));
    }

    private static IEnumerable<TestCaseData> BadVersions()
    {
        yield return Case(ModelLoadFailure.NothingToServe, source => source.Package = null);
        yield return Case(ModelLoadFailure.SourceFailed, source => source.Failure = new IOException("disk"));
        yield return Case(ModelLoadFailure.SourceFailed, source => source.Failure = new OperationCanceledException("a timeout of the source"));
        yield return Case(ModelLoadFailure.TooLarge, source => source.Package = new ModelPackage { Content = new byte[2000], Version = 2 });
        yield return Case(ModelLoadFailure.DigestMismatch, source => source.Package = new ModelPackage { Content = LinearRuntime.File(1, 2, 3), Version = 2, ExpectedDigest = new string('0', 64) });
        yield return Case(ModelLoadFailure.InvalidModel, source => source.Package = new ModelPackage { Content = "no numbers"u8.ToArray(), Version = 2 });
        yield return Case(ModelLoadFailure.SignatureMismatch, source => source.Package = MemorySource.Version(2, 1, 2, 3, 4));
        yield return Case(ModelLoadFailure.NotFinite, source => source.Package = MemorySource.Version(2, 1, float.NaN, 3));

        static TestCaseData Case(ModelLoadFailure reason, Action<MemorySource> spoil) => new TestCaseData(reason, spoil).SetArgDisplayNames(reason.ToString());
    }

    [TestCaseSource(nameof(BadVersions))]
    public async Task A_refused_version_leaves_the_old_one_serving(ModelLoadFailure reason, object spoil)
    {
        var runtime = new LinearRuntime();
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, runtime, new FakeTimeProvider());   // no retry puts another failure in place of the first
        await server.StartAsync();
        ((Action<MemorySource>)spoil)(source);

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.Get("m").ReloadAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(reason));
        Assert.That(failure.Model, Is.EqualTo("m"));
        Assert.That(server.Get("m").LastFailure, Is.SameAs(failure));
        Assert.That((await Predict(server)).Value, Is.EqualTo(1f));
        Assert.That(runtime.LiveSessions, Is.EqualTo(1));
    }

    [Test]
    public async Task A_run_that_fails_while_warming_up_refuses_the_version()
    {
        var runtime = new LinearRuntime { BeforeRun = () => throw new InvalidDataException("boom") };
        await using ModelServer server = Server(MemorySource.Of(0, 0, 1), runtime);

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.WarmupFailed));
        Assert.That(failure.InnerException, Is.InstanceOf<InvalidDataException>());
        Assert.That((runtime.LiveSessions, runtime.LiveSlots), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Finite_outputs_are_asked_for_only_where_wanted()
    {
        await using ModelServer server = Server(MemorySource.Of(1, float.NaN, 3), configure: m => m.Configure(o => o.RequireFinite = false));

        await server.StartAsync();

        Assert.That((await Predict(server)).Value, Is.NaN);
    }

    [Test]
    public async Task Without_a_version_the_caller_learns_why()
    {
        var source = new MemorySource { Failure = new IOException("the disk is gone") };
        await using ModelServer server = Server(source, time: new FakeTimeProvider());   // no retry puts another failure in place of the first

        ModelUnavailableException before = (await Assert.ThrowsAsync<ModelUnavailableException>(async () => await Predict(server)))!;
        await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync());
        ModelUnavailableException after = (await Assert.ThrowsAsync<ModelUnavailableException>(async () => await Predict(server)))!;

        Assert.That(before.Message, Does.Contain("StartAsync"));
        Assert.That(after.Message, Does.Contain("the disk is gone"));
        Assert.That(after.InnerException, Is.SameAs(server.Get("m").LastFailure));
    }

    [Test]
    public async Task Changes_of_the_source_are_loaded_once_they_rest()
    {
        var time = new FakeTimeProvider();
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, time: time);
        await server.StartAsync();
        source.Package = MemorySource.Version(2, 0, 0, 2);

        for (int i = 0; i < 5; i++)
            source.Fire();
        Assert.That(server.Get("m").Version!.Number, Is.EqualTo(1));
        time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.That(() => server.Get("m").Version!.Number, Is.EqualTo(2).After(5000, 5));
        Assert.That(source.Loads, Is.EqualTo(2));
    }

    [Test]
    public async Task A_failed_reload_after_a_change_is_followed_by_a_good_one()
    {
        var time = new FakeTimeProvider();
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, time: time);
        await server.StartAsync();

        source.Package = new ModelPackage { Content = "half a fi"u8.ToArray(), Version = 2 };
        source.Fire();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(() => server.Get("m").LastFailure?.Reason, Is.EqualTo(ModelLoadFailure.InvalidModel).After(5000, 5));
        source.Package = MemorySource.Version(2, 0, 0, 2);
        source.Fire();
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(() => server.Get("m").Version!.Number, Is.EqualTo(2).After(5000, 5));
        Assert.That(() => server.Get("m").LastFailure, Is.Null.After(5000, 5));
    }

    [Test]
    public async Task A_source_that_fails_is_asked_again_after_ever_longer_pauses_until_it_delivers()
    {
        var time = new WaitCountingTime();
        List<DateTimeOffset> asked = [];
        var source = new MemorySource { Failure = new IOException("the disk is away"), OnLoad = () => asked.Add(time.GetUtcNow()) };
        await using ModelServer server = Server(source, time: time);
        await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync());

        foreach (int pause in (int[])[1, 2, 4, 8])
            await PassAsync(pause);
        Assert.That(Pauses(), Is.EqualTo(new double[] { 1, 2, 4, 8 }));

        source.Package = MemorySource.Version(1, 0, 0, 1);
        source.Failure = null;
        time.Advance(TimeSpan.FromSeconds(16));
        Assert.That(() => server.Get("m").Version, Is.Not.Null.After(20_000, 5));

        // The next outage starts with short pauses again.
        asked.Clear();
        source.Failure = new IOException("away once more");
        source.Fire();
        foreach (double pause in (double[])[0.25, 1, 2])
            await PassAsync(pause);
        Assert.That(Pauses(), Is.EqualTo(new double[] { 1, 2 }));

        // In two steps, so that a source that was asked too early shows.
        async Task PassAsync(double seconds)
        {
            time.Advance(TimeSpan.FromSeconds(seconds - 0.25));
            await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(0.25));
        }

        double[] Pauses() => [.. asked.Zip(asked.Skip(1), static (one, next) => (next - one).TotalSeconds)];
    }

    [Test]
    public async Task A_change_is_not_held_up_by_a_retry_that_is_due_later()
    {
        var time = new FakeTimeProvider();
        var source = new MemorySource { Failure = new IOException("the disk is away") };
        await using ModelServer server = Server(source, time: time);
        await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync());

        source.Failure = null;
        source.Package = MemorySource.Version(1, 0, 0, 1);
        source.Fire();
        time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.That(() => server.Get("m").Version?.Number, Is.EqualTo(1).After(5000, 5));
    }

    [Test]
    public async Task A_model_of_exactly_the_longest_length_is_served()
    {
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, configure: m => m.Configure(options => options.MaximumModelBytes = source.Package!.Content.Length));
        await server.StartAsync();

        Assert.That((await Predict(server)).Value, Is.EqualTo(1f));
    }

    [Test]
    public async Task A_source_learns_how_long_a_model_may_be()
    {
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, configure: static m => m.Configure(static options => options.MaximumModelBytes = 1_234));
        await server.StartAsync();

        Assert.That(source.MaximumBytes, Is.EqualTo(1_234));
    }

    [Test]
    public async Task Disposal_waits_for_the_prediction_under_way()
    {
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var runtime = new LinearRuntime();
        ModelServer server = Server(MemorySource.Of(0, 0, 1), runtime);
        await server.StartAsync();
        runtime.BeforeRun = () =>
        {
            entered.Set();
            leave.Wait();
        };

        Task<Prediction<float>> prediction = Task.Run(async () => await Predict(server));
        entered.Wait();
        Task disposal = server.DisposeAsync().AsTask();
        Assert.That(disposal.IsCompleted, Is.False);
        Assert.That(async () => await Predict(server), Throws.InstanceOf<ObjectDisposedException>());
        leave.Set();
        await disposal;

        Assert.That((await prediction).Value, Is.EqualTo(1f));
        Assert.That((runtime.LiveSessions, runtime.LiveSlots), Is.EqualTo((0, 0)));
        Assert.That(async () => await server.Get("m").ReloadAsync(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_swap_leaves_a_prediction_under_way_with_its_version()
    {
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var runtime = new LinearRuntime();
        MemorySource source = MemorySource.Of(0, 0, 1);
        await using ModelServer server = Server(source, runtime);
        await server.StartAsync();
        runtime.BeforeRun = () =>
        {
            entered.Set();
            leave.Wait();
        };
        Task<Prediction<float>> prediction = Task.Run(async () => await Predict(server));
        entered.Wait();
        runtime.BeforeRun = null;
        source.Package = MemorySource.Version(2, 0, 0, 2);

        await server.Get("m").ReloadAsync();
        Assert.That((await Predict(server)).Value, Is.EqualTo(2f));
        Assert.That(runtime.LiveSessions, Is.EqualTo(2));
        leave.Set();

        Assert.That(((await prediction).Value, (await prediction).Version.Number), Is.EqualTo((1f, 1L)));
        Assert.That(() => runtime.LiveSessions, Is.EqualTo(1).After(5000, 5));
    }

    [Test]
    public async Task An_unknown_model_is_answered_with_the_names_that_exist()
    {
        await using ModelServer server = Server(MemorySource.Of(0, 0, 1));

        ServedModelNotFoundException failure = Assert.Throws<ServedModelNotFoundException>(() => server.Get("n"))!;

        Assert.That(failure.Message, Is.EqualTo("There is no model 'n'. Registered: m."));
        Assert.That(server.Find("n"), Is.Null);
    }

    [Test]
    public void Options_out_of_range_name_the_numbers()
    {
        Assert.That(
            () => Server(MemorySource.Of(1, 1), configure: m => m.Configure(o => o.DrainTimeout = TimeSpan.FromHours(1))),
            Throws.InstanceOf<OptionsValidationException>().With.Message.EqualTo("DrainTimeout of model 'm' is 01:00:00; it must lie between 00:00:00 and 00:10:00."));
        Assert.That(
            () => Server(MemorySource.Of(1, 1), configure: m => m.Configure(o => o.WarmupRuns = 0)),
            Throws.InstanceOf<OptionsValidationException>());
    }

    [Test]
    public async Task A_server_that_stops_waits_for_calls_as_long_as_its_drain_timeout_says_and_no_longer()
    {
        using ManualResetEventSlim isRunning = new(), mayEnd = new();
        var runtime = new LinearRuntime();
        var time = new FakeTimeProvider();
        ModelServer server = Server(MemorySource.Of(0, 0, 1), runtime, time, static m => m.Configure(static o => o.DrainTimeout = TimeSpan.FromSeconds(2)));
        await server.StartAsync();
        runtime.BeforeRun = () =>
        {
            isRunning.Set();
            mayEnd.Wait();
        };
        Task<Prediction<float>> call = Task.Run(async () => await Predict(server));
        Assert.That(isRunning.Wait(TimeSpan.FromMinutes(1)), Is.True);

        Task stopping = server.DisposeAsync().AsTask();
        try
        {
            time.Advance(TimeSpan.FromSeconds(1.9));
            Assert.That(stopping.IsCompleted, Is.False, "it still waits");
            time.Advance(TimeSpan.FromSeconds(0.1));
            await stopping.WaitAsync(TimeSpan.FromMinutes(1));
            Assert.That((call.IsCompleted, runtime.LiveSessions), Is.EqualTo((false, 1)), "a call under way keeps its model");
        }
        finally
        {
            mayEnd.Set();
        }

        Assert.That((await call).Value, Is.EqualTo(1f));
        Assert.That(() => runtime.LiveSessions, Is.Zero.After(20_000, 5));
    }

    private static ModelServer Server(
        MemorySource source, LinearRuntime? runtime = null, TimeProvider? time = null, Action<ModelBuilder<ReadOnlyMemory<float>, float>>? configure = null) =>
        ModelServer.Create(new ModelServerOptions { Runtime = runtime ?? new LinearRuntime(), TimeProvider = time ?? TimeProvider.System }
            .AddModel("m", m =>
            {
                m.FromSource(source).Configure(o => o.MaximumModelBytes = 1000);
                configure?.Invoke(m);
            }));

    private static ValueTask<Prediction<float>> Predict(ModelServer server) => server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(Row);

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
}
