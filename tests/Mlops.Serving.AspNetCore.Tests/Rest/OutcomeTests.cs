using System.Net;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class OutcomeTests
{
    private const string Id = "0123456789abcdef0000000000000007";

    [Test]
    public async Task Outcomes_reach_those_who_hear_them_with_their_prediction()
    {
        var heard = new Hearing();
        await using InferenceHost host = await StartAsync(heard);
        Answer predicted = await host.Http.PostAnswerAsync("/v2/models/m/infer", """{"inputs":[{"name":"x","shape":[2,4],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}""");
        string id = predicted.Header("mlops-prediction-id")!;

        Answer answer = await host.Http.PostAnswerAsync("/v2/models/m/outcomes", $$"""{"outcomes":[{"id":"{{id}}","row":1,"value":2.5,"timestamp":"2026-01-31T12:00:00Z"},{"value":-1,"id":"{{Id}}","note":[]}]}""");

        Assert.That((answer.Status, answer.Text), Is.EqualTo((HttpStatusCode.OK, """{"recorded":2}""")));
        Assert.That(
            heard.Outcomes.Select(static outcome => (outcome.Model, outcome.Id.ToString(), outcome.Row, outcome.Value)),
            Is.EqualTo(new[] { ("m", id, 1, 2.5), ("m", Id, 0, -1.0) }));
        Assert.That(heard.Outcomes[0].Timestamp, Is.EqualTo(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)));
    }

    [TestCase("{}", "no outcomes")]
    [TestCase("""{"outcomes":[{"value":1}]}""", "the id")]
    [TestCase("""{"outcomes":[{"id":"0123456789abcdef0000000000000007"}]}""", "finite value")]
    [TestCase("""{"outcomes":[{"id":"0123456789abcdef0000000000000007","value":NaN}]}""", "finite value")]
    [TestCase("""{"outcomes":[{"id":"client","value":1}]}""", "32 hexadecimal digits")]
    [TestCase("""{"outcomes":[{"id":"00000000000000000000000000000000","value":1}]}""", "32 hexadecimal digits")]
    [TestCase("""{"outcomes":[{"id":"0123456789abcdef0000000000000007","value":1,"row":-1}]}""", "a row")]
    [TestCase("""{"outcomes":[{"id":"0123456789abcdef0000000000000007","value":1,"timestamp":"yesterday"}]}""", "2026-01-31T12:00:00Z")]
    public async Task One_bad_outcome_keeps_the_whole_request_out(string body, string why)
    {
        var heard = new Hearing();
        await using InferenceHost host = await StartAsync(heard);
        string request = body.Replace("[{", $$"""[{"id":"{{Id}}","value":1},{""", StringComparison.Ordinal);

        Answer answer = await host.Http.PostAnswerAsync("/v2/models/m/outcomes", request);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain(why));
        Assert.That(heard.Outcomes, Is.Empty);
    }

    [Test]
    public async Task More_outcomes_than_find_room_are_told_of_with_how_many_were_recorded()
    {
        var heard = new Hearing { Room = 3 };
        await using InferenceHost host = await StartAsync(heard);
        string request = $$"""{"outcomes":[{{string.Join(',', Enumerable.Range(0, 5).Select(static row => $$"""{"id":"{{Id}}","row":{{row}},"value":1}"""))}}]}""";

        Answer full = await host.Http.PostAnswerAsync("/v2/models/m/outcomes", request);
        heard.Room = int.MaxValue;
        Answer again = await host.Http.PostAnswerAsync("/v2/models/m/outcomes", request);

        Assert.That((full.Status, full.Header("Retry-After")), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "1")));
        Assert.That(full.Error, Does.StartWith("3 of 5 outcomes were recorded"));
        Assert.That((again.Status, again.Text), Is.EqualTo((HttpStatusCode.OK, """{"recorded":5}""")));
        Assert.That(heard.Outcomes, Has.Count.EqualTo(8));
    }

    [Test]
    public async Task More_outcomes_than_the_log_holds_at_once_are_all_stored()
    {
        const int Outcomes = 5_000;
        await using InferenceHost host = await InferenceHost.StartAsync(
            new FunctionRuntime(), build: static builder => builder.Services.AddMlopsServing().AddPredictionLog(static o => (o.Capacity, o.OutcomeTimeout) = (256, TimeSpan.FromMinutes(1))));
        PredictionLog log = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<PredictionLog>(host.Services);
        string request = $$"""{"outcomes":[{{string.Join(',', Enumerable.Range(0, Outcomes).Select(static row => $$"""{"id":"{{Id}}","row":{{row}},"value":1}"""))}}]}""";

        Answer answer = await host.Http.PostAnswerAsync("/v2/models/m/outcomes", request);
        await log.FlushAsync();

        Assert.That((answer.Status, answer.Text), Is.EqualTo((HttpStatusCode.OK, $$"""{"recorded":{{Outcomes}}}""")));
        Assert.That((log.Counts.OutcomesStored, log.Counts.OutcomesDropped), Is.EqualTo((Outcomes, 0L)));
    }

    [Test]
    public async Task Outcomes_of_a_model_that_is_not_there_are_not_found()
    {
        await using InferenceHost host = await StartAsync(new Hearing());

        Answer answer = await host.Http.PostAnswerAsync("/v2/models/other/outcomes", """{"outcomes":[]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static Task<InferenceHost> StartAsync(Hearing heard) => InferenceHost.StartAsync(
        new FunctionRuntime(), build: builder => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton<IOutcomeObserver>(builder.Services, heard));

    private sealed class Hearing : IOutcomeObserver
    {
        public List<PredictionOutcome> Outcomes { get; } = [];

        public int Room { get; set; } = int.MaxValue;

        public void OnOutcome(in PredictionOutcome outcome) => Outcomes.Add(outcome);

        public ValueTask<bool> OnOutcomeAsync(PredictionOutcome outcome, CancellationToken cancellationToken)
        {
            bool hasRoom = Outcomes.Count < Room;
            if (hasRoom)
                Outcomes.Add(outcome);
            return new ValueTask<bool>(hasRoom);
        }
    }
}
