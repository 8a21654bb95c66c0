using System.Text.Json;
using Mlops.Orchestration;

namespace Mlops.Tests.Lineage;

[TestFixture]
internal sealed class PipelineLineageEventTests
{
    private const string RunUid = "0190a0a0000070008000000000000001";
    private const string StepUid = "ffffffffffffffffffffffffffffffff";

    private static readonly OpenLineageOptions Options = new() { Producer = new Uri("https://example.org/trainer") };

    [TestCase(PipelineRunState.Running, "START")]
    [TestCase(PipelineRunState.Succeeded, "COMPLETE")]
    [TestCase(PipelineRunState.Failed, "FAIL")]
    [TestCase(PipelineRunState.Cancelled, "ABORT")]
    public void A_run_is_a_run_of_the_job_of_its_pipeline(PipelineRunState state, string type)
    {
        JsonElement json = Read(PipelineLineageEvent.Of(Run(state), Options));

        Assert.That(json.GetProperty("eventType").GetString(), Is.EqualTo(type));
        Assert.That(json.GetProperty("eventTime").GetString(), Is.EqualTo("2026-01-02T03:04:05+00:00"));
        Assert.That(json.GetProperty("schemaURL").GetString(), Is.EqualTo("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"));
        Assert.That(json.GetProperty("run").GetProperty("runId").GetString(), Is.EqualTo("0190a0a0-0000-7000-8000-000000000001"));
        Assert.That((json.GetProperty("job").GetProperty("namespace").GetString(), json.GetProperty("job").GetProperty("name").GetString()), Is.EqualTo(("mlops", "Retrain")));
        JsonElement kind = json.GetProperty("job").GetProperty("facets").GetProperty("jobType");
        Assert.That((kind.GetProperty("processingType").GetString(), kind.GetProperty("jobType").GetString()), Is.EqualTo(("BATCH", "PIPELINE")));
        RequireFacet(kind);
        Assert.That((json.GetProperty("inputs").GetArrayLength(), json.GetProperty("outputs").GetArrayLength()), Is.EqualTo((0, 0)));
    }

    [Test]
    public void The_interval_of_a_scheduled_run_is_its_nominal_time()
    {
        var interval = new DataInterval(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        JsonElement facet = Read(PipelineLineageEvent.Of(Run(PipelineRunState.Running) with { Partition = interval }, Options)).GetProperty("run").GetProperty("facets").GetProperty("nominalTime");

        Assert.That((facet.GetProperty("nominalStartTime").GetDateTimeOffset(), facet.GetProperty("nominalEndTime").GetDateTimeOffset()), Is.EqualTo((interval.Start, interval.End)));
        RequireFacet(facet);
    }

    [Test]
    public void A_step_is_a_run_of_its_own_below_that_of_the_pipeline()
    {
        JsonElement json = Read(PipelineLineageEvent.Of(Step(StepState.Running), Options));

        Assert.That(json.GetProperty("eventType").GetString(), Is.EqualTo("START"));
        Assert.That(json.GetProperty("job").GetProperty("name").GetString(), Is.EqualTo("Retrain.fold[]"));
        Assert.That(json.GetProperty("run").GetProperty("runId").GetString(), Is.EqualTo("ffffffff-ffff-8fff-8fff-ffffffffffff"), "version 8 and its variant");
        JsonElement parent = json.GetProperty("run").GetProperty("facets").GetProperty("parent");
        Assert.That((parent.GetProperty("run").GetProperty("runId").GetString(), parent.GetProperty("job").GetProperty("name").GetString()), Is.EqualTo(("0190a0a0-0000-7000-8000-000000000001", "Retrain")));
        RequireFacet(parent);
    }

    [Test]
    public void Runs_of_steps_differ_where_steps_do() =>
        Assert.That(PipelineLineageEvent.RunIdOf(StepUid), Is.Not.EqualTo(PipelineLineageEvent.RunIdOf("ffffffffffffffffffffffffffffffef")));

    [TestCase(StepState.Succeeded, "COMPLETE")]
    [TestCase(StepState.Failed, "FAIL")]
    [TestCase(StepState.Cancelled, "ABORT")]
    public void Ends_of_steps_have_their_types(StepState state, string type) =>
        Assert.That(Read(PipelineLineageEvent.Of(Step(state), Options)).GetProperty("eventType").GetString(), Is.EqualTo(type));

    [Test]
    public void What_a_step_made_is_called_as_those_call_it_who_read_it()
    {
        StepData result = new(StepDataKind.Result, "clean", "r-1", IsOutput: true);
        StepData artifact = new(StepDataKind.Artifact, "", "a-1", IsOutput: true);
        StepData file = new(StepDataKind.External, "s3://lake/rides.parquet", "e-1", IsOutput: true);
        StepData model = new(StepDataKind.External, "models:/ridership/3", "m-1", IsOutput: true);
        StepData[] made = [result, artifact, file, model];
        StepData[] read = [.. made.Select(static data => data with { IsOutput = false })];

        JsonElement outputs = Read(PipelineLineageEvent.Of(Step(StepState.Succeeded) with { Data = made }, Options)).GetProperty("outputs");
        JsonElement inputs = Read(PipelineLineageEvent.Of(Step(StepState.Succeeded) with { Data = read }, Options)).GetProperty("inputs");

        Assert.That(outputs.ToString(), Is.EqualTo(inputs.ToString()));
        Assert.That(
            inputs.EnumerateArray().Select(static d => (d.GetProperty("namespace").GetString(), d.GetProperty("name").GetString(), d.GetProperty("facets").GetProperty("version").GetProperty("datasetVersion").GetString())),
            Is.EqualTo(new (string?, string?, string?)[]
            {
                ("mlops", "Retrain.clean", "r-1"), ("mlops", "artifacts/sha256/a-1", "a-1"), ("s3://lake", "/rides.parquet", "e-1"), ("mlops", "models:/ridership/3", "m-1"),
            }));
        RequireFacet(inputs[0].GetProperty("facets").GetProperty("version"));
    }

    [Test]
    public void Data_of_unknown_content_has_no_version() => Assert.That(
        Read(PipelineLineageEvent.Of(Step(StepState.Succeeded) with { Data = [new(StepDataKind.Result, "load", null, IsOutput: false)] }, Options)).GetProperty("inputs")[0].TryGetProperty("facets", out _),
        Is.False);

    [TestCase(false, "The step failed after attempt 3: TimedOut.")]
    [TestCase(true, "System.TimeoutException: of host h")]
    public void The_text_of_an_error_is_told_where_the_host_wants_it(bool tell, string message)
    {
        PipelineStepTransition failed = Step(StepState.Failed) with { FailureKind = StepFailureKind.TimedOut, Error = "System.TimeoutException: of host h", Attempts = 3 };
        JsonElement facet = Read(PipelineLineageEvent.Of(failed, new() { Producer = Options.Producer, TellErrors = tell })).GetProperty("run").GetProperty("facets").GetProperty("errorMessage");

        Assert.That((facet.GetProperty("message").GetString(), facet.GetProperty("programmingLanguage").GetString()), Is.EqualTo((message, ".NET")));
        RequireFacet(facet);
    }

    [Test]
    public void A_failed_run_names_its_step()
    {
        PipelineRunTransition failed = Run(PipelineRunState.Failed) with { FailureKind = RunFailureKind.StepFailed, FailedStep = "train", Error = "secret" };

        Assert.That(
            Read(PipelineLineageEvent.Of(failed, Options)).GetProperty("run").GetProperty("facets").GetProperty("errorMessage").GetProperty("message").GetString(),
            Is.EqualTo("The run failed at step 'train': StepFailed."));
    }

    private static PipelineRunTransition Run(PipelineRunState state) => new()
    {
        RunId = 7,
        RunUid = RunUid,
        Pipeline = "Retrain",
        State = state,
        At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        StartedAt = DateTimeOffset.UnixEpoch,
    };

    private static PipelineStepTransition Step(StepState state) => new()
    {
        RunId = 7,
        RunUid = RunUid,
        Pipeline = "Retrain",
        Step = "fold[2012]",
        Node = "fold[]",
        StepUid = StepUid,
        State = state,
        At = DateTimeOffset.UnixEpoch,
        Attempts = 1,
    };

    private static void RequireFacet(JsonElement facet)
    {
        Assert.That(facet.GetProperty("_producer").GetString(), Is.EqualTo("https://example.org/trainer"));
        Assert.That(facet.GetProperty("_schemaURL").GetString(), Does.StartWith("https://openlineage.io/spec/facets/"));
    }

    private static JsonElement Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
