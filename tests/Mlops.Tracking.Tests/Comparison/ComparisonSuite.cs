using System.Text.Json;
using System.Xml;

namespace Mlops.Tracking.Tests.Comparison;

public abstract class ComparisonSuite : TrackingSuite
{
    [Test]
    public async Task Runs_stand_side_by_side_with_what_they_agree_in()
    {
        string[] ids = await LogAsync();
        RunComparison comparison = await Tracker.CompareRunsAsync(ids);

        Assert.That(comparison.Runs.Select(static run => run.Id), Is.EqualTo(ids));
        Assert.That(comparison.Parameters.Select(static row => row.Name), Is.EqualTo(new[] { "kind", "lambda", "only" }));
        Assert.That(comparison.Parameters[0].Values, Is.EqualTo(new[] { "ridge", "tree", "ridge" }));
        Assert.That(comparison.Parameters[0].Groups, Is.EqualTo(new[] { 0, 1, 0 }));
        Assert.That(comparison.Parameters[1].Differs, Is.False);
        Assert.That(comparison.Parameters[2].Values, Is.EqualTo(new[] { null, null, "x" }));
        Assert.That(comparison.Tags.Select(static row => row.Name), Is.EqualTo(new[] { "team" }));
        Assert.That(comparison.ReservedTags.Select(static row => row.Name), Does.Contain(RunTags.User).And.Not.Contain(RunTags.GitCommit));
        ComparedValue commit = comparison.Code.Single(static row => row.Name == "git commit");
        Assert.That(commit.Values, Is.EqualTo(new[] { "abc", "abc", "def" }));
        Assert.That(comparison.Datasets.Select(static row => (row.Name, string.Join('|', row.Values))), Is.EqualTo(new[] { ("rides", "d9||"), ("rides (train)", "d1|d1|d1, d2") }));
    }

    [Test]
    public async Task Metrics_are_compared_by_their_last_values_and_drawn_by_their_envelopes()
    {
        string[] ids = await LogAsync();
        RunComparison comparison = await Tracker.CompareRunsAsync(ids);

        ComparedMetric mae = comparison.Metrics.Single(static metric => metric.Name == "mae");
        Assert.That(mae.Summaries.Select(static summary => summary!.Value), Is.EqualTo(new[] { 9.0, 9.5, 9.0 }));
        Assert.That(mae.Groups, Is.EqualTo(new[] { 0, 1, 0 }));
        Assert.That(mae.Curves[1], Is.EqualTo(await Tracker.GetMetricEnvelopeAsync(ids[1], "mae", 200)));
        ComparedMetric broken = comparison.Metrics.Single(static metric => metric.Name == "broken");
        Assert.That(broken.Differs, Is.False);
        Assert.That(broken.Curves, Is.All.Empty);
    }

    [Test]
    public async Task Only_what_differs_is_left()
    {
        RunComparison differing = (await Tracker.CompareRunsAsync(await LogAsync())).Differing;
        Assert.That(differing.Runs, Has.Count.EqualTo(3));
        Assert.That(differing.Parameters.Select(static row => row.Name), Is.EqualTo(new[] { "kind", "only" }));
        Assert.That(differing.Metrics.Select(static row => row.Name), Is.EqualTo(new[] { "mae" }));
        Assert.That(differing.Tags, Is.Empty);
        Assert.That(differing.Code.Select(static row => row.Name), Is.EqualTo(new[] { "git commit" }));
    }

    [Test]
    public async Task Code_and_surroundings_come_from_what_the_processes_captured()
    {
        string[] ids = await LogAsync();
        RunEnvironment captured = (await Tracker.FindEnvironmentAsync(ids[0]))!;
        RunComparison comparison = await Tracker.CompareRunsAsync(ids);

        LoadedAssembly assembly = captured.Assemblies[0];
        ComparedValue row = comparison.Code.Single(row => row.Name == $"assembly {assembly.Name}");
        Assert.That(row.Values, Is.All.StartsWith(assembly.Version).And.All.Contains(assembly.ModuleVersionId.ToString("N")[..8]));
        Assert.That(comparison.Environment.Single(static row => row.Name == "runtime").Values, Is.All.EqualTo(captured.Runtime));
        Assert.That(comparison.Differing.Environment, Is.Empty);
    }

    /// <summary>The document is XML too, so that an XML reader finds whatever is not closed or escaped.</summary>
    [Test]
    public async Task The_html_is_well_formed_loads_nothing_and_shows_texts_as_they_are()
    {
        string html = (await Tracker.CompareRunsAsync(await LogAsync())).ToHtml();
        var document = new XmlDocument();
        document.LoadXml(html["<!DOCTYPE html>".Length..]);
        Assert.That(document.GetElementsByTagName("script"), Is.Empty);
        Assert.That(document.GetElementsByTagName("svg"), Has.Count.EqualTo(1));
        Assert.That(document.GetElementsByTagName("path").Count, Is.EqualTo(1 + 2 * 3));
        Assert.That(document.InnerText, Does.Contain("<script>alert('x')</script>"));
        Assert.That(html, Does.Not.Contain("http:").And.Not.Contain("https:").And.Not.Contain("url(").And.Not.Contain("NaN,"));
    }

    [Test]
    public async Task The_json_holds_every_row()
    {
        string json = (await Tracker.CompareRunsAsync(await LogAsync())).ToJson();
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        Assert.That(root.GetProperty("format").GetInt32(), Is.EqualTo(1));
        Assert.That(root.GetProperty("runs").GetArrayLength(), Is.EqualTo(3));
        JsonElement kind = root.GetProperty("parameters")[0];
        Assert.That(kind.GetProperty("values").EnumerateArray().Select(static value => value.GetString()), Is.EqualTo(new[] { "ridge", "tree", "ridge" }));
        Assert.That(kind.GetProperty("groups").EnumerateArray().Select(static value => value.GetInt32()), Is.EqualTo(new[] { 0, 1, 0 }));
        JsonElement broken = root.GetProperty("metrics").EnumerateArray().Single(static metric => metric.GetProperty("name").GetString() == "broken");
        Assert.That(broken.GetProperty("values")[0].GetProperty("last").GetString(), Is.EqualTo("NaN"));
        Assert.That(broken.GetProperty("values")[0].GetProperty("minimum").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Too_few_too_many_doubled_and_unknown_runs_are_refused()
    {
        string[] ids = await LogAsync();
        Assert.That(() => Tracker.CompareRunsAsync(ids[..1]), Throws.ArgumentException);
        Assert.That(() => Tracker.CompareRunsAsync([.. Enumerable.Range(0, 21).Select(static i => $"{i}")]), Throws.ArgumentException);
        Assert.That(() => Tracker.CompareRunsAsync([ids[0], ids[1], ids[0]]), Throws.ArgumentException);
        Assert.That(() => Tracker.CompareRunsAsync([ids[0], "absent"]), Throws.InstanceOf<RunNotFoundException>());
    }

    private async Task<string[]> LogAsync()
    {
        List<string> ids = [];
        for (int i = 0; i < 3; i++)
        {
            await using Run run = await Tracker.StartRunAsync("e", new() { Name = $"n{i} <script>alert('x')</script>" });
            ids.Add(run.Id);
            run.LogParameter("kind", i == 1 ? "tree" : "ridge");
            run.LogParameter("lambda", 0.5);
            run.SetTag("team", "a&b");
            run.SetTag(RunTags.User, "me");
            run.SetTag(RunTags.GitCommit, i == 2 ? "def" : "abc");
            run.LogMetric("broken", double.NaN);
            for (int step = 0; step < 10; step++)
            {
                run.LogMetric("mae", step + (i == 1 ? 0.5 : 0), step);
            }

            await run.LogDatasetAsync(new("rides", "d1") { Context = "train" });
            if (i == 0)
            {
                await run.LogDatasetAsync(new("rides", "d9"));
            }

            if (i == 2)
            {
                run.LogParameter("only", "x");
                await run.LogDatasetAsync(new("rides", "d2") { Context = "train" });
            }

            run.Complete();
        }

        return [.. ids];
    }
}
