using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

public sealed class OutcomeTests
{
    [Test]
    public async Task An_outcome_reaches_every_observer_and_the_handlers_of_its_model()
    {
        var time = new FakeTimeProvider();
        var everywhere = new Hearer();
        List<PredictionOutcome> ofA = [], ofB = [];
        var options = new ModelServerOptions { Runtime = new LinearRuntime(), TimeProvider = time };
        options.OutcomeObservers.Add(everywhere);
        await using ModelServer server = ModelServer.Create(options
            .AddModel("a", m => m.FromSource(MemorySource.Of(1, 1)).OnOutcome(_ => (in outcome) => ofA.Add(outcome)))
            .AddModel("b", m => m.FromSource(MemorySource.Of(1, 1)).OnOutcome(_ => (in outcome) => ofB.Add(outcome))));
        var id = PredictionId.Next();
        DateTimeOffset yesterday = time.GetUtcNow().AddDays(-1);

        server.Get("a").RecordOutcome(id, 4.5);
        server.Get("b").RecordOutcome(id, 5.5, row: 2, yesterday);

        var first = new PredictionOutcome { Model = "a", Id = id, Value = 4.5, Timestamp = time.GetUtcNow() };
        var second = new PredictionOutcome { Model = "b", Id = id, Row = 2, Value = 5.5, Timestamp = yesterday };
        Assert.That(everywhere.Heard, Is.EqualTo(new[] { first, second }));
        Assert.That((ofA.Single(), ofB.Single()), Is.EqualTo((first, second)));
    }

    [Test]
    public async Task An_outcome_that_says_nothing_is_refused_and_nobody_hears_it()
    {
        var hearer = new Hearer();
        await using ModelServer server = Create(hearer);
        ServedModel model = server.Get("m");
        var id = PredictionId.Next();

        Assert.That(() => model.RecordOutcome(default, 1), Throws.ArgumentException.With.Property("ParamName").EqualTo("id"));
        Assert.That(() => model.RecordOutcome(id, double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("value"));
        Assert.That(() => model.RecordOutcome(id, double.NegativeInfinity), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => model.RecordOutcome(id, 1, row: -1), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("row"));
        Assert.That(hearer.Heard, Is.Empty);
    }

    [Test]
    public async Task An_outcome_that_is_awaited_is_told_to_everybody_unless_somebody_has_no_room()
    {
        var hearer = new Hearer();
        var log = new FullObserver { HasRoom = true };
        var options = new ModelServerOptions { Runtime = new LinearRuntime(), OutcomeObservers = { log, hearer } };
        List<PredictionOutcome> handled = [];
        await using ModelServer server = ModelServer.Create(options.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).OnOutcome(_ => (in outcome) => handled.Add(outcome))));
        var id = PredictionId.Next();

        await server.Get("m").RecordOutcomeAsync(id, 1, row: 2);
        log.HasRoom = false;
        Assert.That(async () => await server.Get("m").RecordOutcomeAsync(id, 2), Throws.InstanceOf<ModelOverloadedException>().With.Property("RetryAfter").GreaterThan(TimeSpan.Zero));

        Assert.That(hearer.Heard.Concat(handled).Select(static outcome => (outcome.Id, outcome.Row, outcome.Value)), Is.EqualTo(Enumerable.Repeat((id, 2, 1.0), 2)));
        Assert.That(async () => await server.Get("m").RecordOutcomeAsync(default, 1), Throws.ArgumentException);
        Assert.That(async () => await server.Get("m").RecordOutcomeAsync(id, 1, cancellationToken: new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task An_observer_that_throws_is_logged_once_and_the_others_hear()
    {
        var logs = new FakeLogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logs)));
        var hearer = new Hearer();
        await using ModelServer server = Create(new Hearer { Failure = new InvalidOperationException("observer") }, hearer, factory);
        ServedModel model = server.Get("m");

        model.RecordOutcome(PredictionId.Next(), 1);
        model.RecordOutcome(PredictionId.Next(), 2);

        Assert.That(hearer.Heard.Select(static outcome => outcome.Value), Is.EqualTo(new[] { 1.0, 2.0 }));
        Assert.That(logs.GetSnapshot().Count(static record => record.Id.Id == 5002), Is.EqualTo(1));
    }

    [Test]
    public void One_that_sees_predictions_and_hears_outcomes_is_one_object()
    {
        var services = new ServiceCollection();
        services.AddMlopsServing().AddPredictionObserver<Hearer>().AddOutcomeObserver<Hearer>().AddOutcomeObserver<Hearer>();
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.That(provider.GetServices<IOutcomeObserver>().Single(), Is.SameAs(provider.GetServices<IPredictionObserver>().Single()));
    }

    [Test]
    public async Task Every_row_of_a_call_with_tensors_is_seen([Values] bool sharesRuns)
    {
        var hearer = new Hearer();
        var options = new ModelServerOptions { Runtime = new LinearRuntime() };
        options.Observers.Add(hearer);
        await using ModelServer server = ModelServer.Create(options.AddModel("m", m => m.FromSource(MemorySource.Of(1, 10, 0))));
        await server.StartAsync();
        if (sharesRuns)
            ModelExecutorTests.ShareRuns(server);
        TensorRequest request = new TensorRequest().AddInput("features", [3, 2], [1, 2, 3, 4, 5, 6]);

        using TensorResponse response = await server.Get("m").InferAsync(request, new PredictionOptions { RoutingKey = "ada" });

        Assert.That(hearer.Seen, Is.EqualTo(new[]
        {
            (response.Id, 0, "ada", 1f, 2f, 21f),
            (response.Id, 1, "ada", 3f, 4f, 43f),
            (response.Id, 2, "ada", 5f, 6f, 65f),
        }));
    }

    private static ModelServer Create(Hearer first, Hearer? second = null, ILoggerFactory? logging = null)
    {
        var options = new ModelServerOptions { Runtime = new LinearRuntime(), LoggerFactory = logging };
        options.OutcomeObservers.Add(first);
        if (second is not null)
            options.OutcomeObservers.Add(second);
        return ModelServer.Create(options.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1))));
    }

    internal sealed class Hearer : IPredictionObserver, IOutcomeObserver
    {
        public List<PredictionOutcome> Heard { get; } = [];

        public List<(PredictionId Id, int Row, string? Key, float First, float Second, float Output)> Seen { get; } = [];

        public Exception? Failure { get; init; }

        public void OnPrediction(in PredictionRecord record) =>
            Seen.Add((record.Id, record.Row, record.RoutingKey, record.Features[0], record.Features[1], record.Outputs[0]));

        public void OnOutcome(in PredictionOutcome outcome)
        {
            if (Failure is not null)
                throw Failure;
            Heard.Add(outcome);
        }
    }

    private sealed class FullObserver : IOutcomeObserver
    {
        public bool HasRoom { get; set; }

        public void OnOutcome(in PredictionOutcome outcome)
        {
        }

        public ValueTask<bool> OnOutcomeAsync(PredictionOutcome outcome, CancellationToken cancellationToken) => new(HasRoom);
    }
}
