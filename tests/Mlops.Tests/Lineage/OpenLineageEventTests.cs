using System.Text;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Tests.Lineage;

[TestFixture]
internal sealed class OpenLineageEventTests
{
    private static readonly Uri Producer = new("https://example.org/trainer");

    [Test]
    public void A_started_run_is_a_START_of_its_experiment()
    {
        JsonElement json = Translate(Transition("Running"));

        Assert.That(json.GetProperty("eventType").GetString(), Is.EqualTo("START"));
        Assert.That(json.GetProperty("eventTime").GetString(), Is.EqualTo("2026-01-02T03:04:05+00:00"));
        Assert.That(json.GetProperty("producer").GetString(), Is.EqualTo("https://example.org/trainer"));
        Assert.That(json.GetProperty("schemaURL").GetString(), Is.EqualTo("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"));
        Assert.That(json.GetProperty("run").GetProperty("runId").GetString(), Is.EqualTo("0190a0a0-0000-7000-8000-000000000001"));
        Assert.That(json.GetProperty("job").ToString(), Is.EqualTo("""{"namespace":"mlops","name":"ridership"}"""));
        Assert.That(json.GetProperty("run").TryGetProperty("facets", out _), Is.False);
    }

    [TestCase("Finished", "COMPLETE")]
    [TestCase("Failed", "FAIL")]
    [TestCase("Killed", "ABORT")]
    public void Ends_have_their_types(string status, string type) =>
        Assert.That(Translate(Transition(status)).GetProperty("eventType").GetString(), Is.EqualTo(type));

    [Test]
    public void A_child_names_its_parent()
    {
        JsonElement parent = Translate(Transition("Running", """, "parent": "0190a0a0000070008000000000000002", "parentExperiment": "sweeps" """))
            .GetProperty("run").GetProperty("facets").GetProperty("parent");

        Assert.That(parent.GetProperty("run").GetProperty("runId").GetString(), Is.EqualTo("0190a0a0-0000-7000-8000-000000000002"));
        Assert.That(parent.GetProperty("job").GetProperty("name").GetString(), Is.EqualTo("sweeps"));
        RequireFacet(parent);
    }

    [TestCase("s3://lake/rides/2026.parquet", "s3://lake", "/rides/2026.parquet")]
    [TestCase("https://data.example.org:8443/rides.csv?year=2026", "https://data.example.org:8443", "/rides.csv")]
    [TestCase("file:///data/rides.csv", "file", "/data/rides.csv")]
    [TestCase("rides.csv", "mlops", "rides")]
    [TestCase(null, "mlops", "rides")]
    public void A_dataset_is_an_input_that_is_named_by_where_it_lives(string? uri, string space, string name)
    {
        string address = uri is null ? "" : $", \"uri\": \"{uri}\"";
        JsonElement input = Translate(Transition("Finished", datasets: $$"""{ "name": "rides", "digest": "d1", "rows": 365 {{address}} }""")).GetProperty("inputs")[0];

        Assert.That(input.GetProperty("namespace").GetString(), Is.EqualTo(space));
        Assert.That(input.GetProperty("name").GetString(), Is.EqualTo(name));
        Assert.That(input.GetProperty("facets").GetProperty("version").GetProperty("datasetVersion").GetString(), Is.EqualTo("d1"));
        Assert.That(input.GetProperty("inputFacets").GetProperty("dataQualityMetrics").GetProperty("rowCount").GetInt64(), Is.EqualTo(365));
        RequireFacet(input.GetProperty("facets").GetProperty("version"));
        RequireFacet(input.GetProperty("inputFacets").GetProperty("dataQualityMetrics"));
    }

    [Test]
    public void An_artifact_is_an_output_whose_version_is_its_hash()
    {
        string hash = new('a', 64);
        JsonElement output = Translate(Transition(
            "Finished", artifacts: $$"""{ "name": "model.onnx", "hash": "{{hash}}", "length": 12, "time": "2026-01-02T03:04:05Z" }""")).GetProperty("outputs")[0];

        Assert.That(output.GetProperty("name").GetString(), Is.EqualTo("ridership/0190a0a0000070008000000000000001/model.onnx"));
        Assert.That(output.GetProperty("facets").GetProperty("version").GetProperty("datasetVersion").GetString(), Is.EqualTo(hash));
        Assert.That(output.GetProperty("outputFacets").GetProperty("outputStatistics").GetProperty("size").GetInt64(), Is.EqualTo(12));
        RequireFacet(output.GetProperty("outputFacets").GetProperty("outputStatistics"));
    }

    private static void RequireFacet(JsonElement facet)
    {
        Assert.That(facet.GetProperty("_producer").GetString(), Is.EqualTo("https://example.org/trainer"));
        Assert.That(facet.GetProperty("_schemaURL").GetString(), Does.StartWith("https://openlineage.io/spec/facets/"));
    }

    private static JsonElement Translate(string transition)
    {
        ReadOnlyMemory<byte> json = OpenLineageEvent.Of(RunTransition.Parse(Encoding.UTF8.GetBytes(transition)), "mlops", Producer);
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static string Transition(string status, string more = "", string datasets = "", string artifacts = "") =>
        $$"""
        {
            "run": "0190a0a0000070008000000000000001", "experiment": "ridership", "name": "night", "status": "{{status}}", "at": "2026-01-02T03:04:05+00:00",
            "datasets": [{{datasets}}], "artifacts": [{{artifacts}}], "datasetCount": 0, "artifactCount": 0 {{more}}
        }
        """;
}
