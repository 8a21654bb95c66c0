using System.Xml.Linq;

namespace Mlops.Orchestration.Tests;

public abstract class RunPageTests : StoreTests
{
    [Test]
    public async Task A_page_shows_graph_timeline_retries_and_why_the_cache_was_or_was_not_used()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> load = p.Step("load", static _ => Task.FromResult(3)).WithCache(new CachePolicy { UsesParameters = false });
            Steps<int> items = p.ForEach("item", load, static n => Enumerable.Range(0, n), static i => $"<{i}>", static (i, ctx) =>
                ctx.Attempt == 1 && i == 1 ? throw new TimeoutException("<busy> & \"late\"") : Task.FromResult(i)).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            Step<int> sum = p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
            p.When(sum, static s => s > 100).Then(b => b.Step("large", sum, static (x, _) => Task.FromResult(x)))
                .Else(b => b.Step("small", sum, static (x, _) => x < 4 ? throw new PermanentStepException("too small") : Task.FromResult(x)));
        });
        PipelineRun first = await RunAsync(pipelines, 735_190_022);
        PipelineRun second = await RunAsync(pipelines, 735_190_023);

        string html = await second.ToHtmlAsync();
        XElement page = XDocument.Parse(html[html.IndexOf('\n')..]).Root!;

        string[] headings = [.. page.Descendants("h2").Select(static h => h.Value)];
        Assert.That(headings, Is.EqualTo((string[])["Graph", "Timeline", "Steps"]));
        Assert.That(page.Descendants("h1").Single().Value, Is.EqualTo($"test, run {second.Id}"));
        string[][] rows = [.. page.Descendants("tbody").Single().Elements("tr").Select(static row => row.Elements("td").Select(static cell => cell.Value).ToArray())];
        Assert.That(rows.Select(static row => row[0]), Is.EqualTo((string[])["load", "item", "item[<0>]", "item[<1>]", "item[<2>]", "sum", "sum?", "large", "small"]));
        Assert.That(rows.Single(static row => row[0] == "load")[^1], Is.EqualTo($"Cache: Taken from run {first.Id}."));
        Assert.That(rows.Single(static row => row[0] == "item[<1>]")[2..4], Is.EqualTo((string[])["2", "1"]));
        Assert.That(rows.Single(static row => row[0] == "item[<1>]")[^1], Is.EqualTo("Attempt 1: System.TimeoutException: <busy> & \"late\""));
        Assert.That(rows.Single(static row => row[0] == "large")[1], Is.EqualTo("Skipped"));
        Assert.That(rows.Single(static row => row[0] == "small")[^1], Does.Contain("too small"));

        XElement[] drawings = [.. page.Descendants("svg")];
        Assert.That(drawings[0].Elements("rect").Count(), Is.EqualTo(6), "load, item, sum, sum?, large, small");
        Assert.That(drawings[0].Elements("path").Count(), Is.EqualTo(7), "five inputs and two branches");
        Assert.That(drawings[1].Elements("rect").Select(static bar => bar.Element("title")!.Value), Has.One.EndsWith("<busy> & \"late\"").And.One.EndsWith($"taken from run {first.Id}"));
        Assert.That(html, Does.Not.Contain("735190023").And.Not.Contain("735190022"), "parameters are not shown");
        Assert.That(html, Does.Not.Contain("<script").And.Not.Contain("http"), "self-contained");
    }

    [Test]
    public async Task A_page_shows_the_data_of_steps_who_decided_and_a_group_as_its_worst_step()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<ArtifactRef> load = p.Step("load", static ctx =>
            {
                ctx.RecordInput("s3://lake/<rides>", "etag-1");
                return ctx.StoreArtifactAsync(new MemoryStream([1]));
            });
            ApprovalStep word = p.Approval("word", load, static _ => "Go on?");
            p.ForEach("item", load, static _ => (int[])[1, 2], static i => $"{i}", word, static (i, _, _) => i == 2 ? throw new PermanentStepException("no") : Task.FromResult(i));
        });
        PipelineRun run = await StartAsync(pipelines);
        await SeeAsync<ApprovalRequested>(pipelines, run.Id);
        await pipelines.ApproveAsync(run.Id, "word", "ann");
        run = await FinishAsync(pipelines, run.Id);

        string html = await run.ToHtmlAsync();
        XElement page = XDocument.Parse(html[html.IndexOf('\n')..]).Root!;

        Assert.That(page.Descendants("h2").Select(static h => h.Value), Is.EqualTo((string[])["Graph", "Timeline", "Steps", "Data"]));
        XElement[] tables = [.. page.Descendants("tbody")];
        string[][] data = [.. tables[1].Elements("tr").Select(static row => row.Elements("td").Select(static cell => cell.Value).ToArray())];
        string digest = (await run.GetResultAsync<ArtifactRef>("load")).Sha256;
        Assert.That(data, Is.EquivalentTo((string[][])[["load", "made", "an artifact", digest, ""], ["load", "read", "s3://lake/<rides>", "etag-1", ""]]));
        Assert.That(tables[0].Elements("tr").Single(static row => row.Element("td")!.Value == "word").Elements("td").Last().Value, Is.EqualTo("Approved by ann."));
        XElement[] drawings = [.. page.Descendants("svg")];
        Assert.That(drawings[0].Elements("text").Select(static text => text.FirstNode!.ToString()), Has.Some.EqualTo("item × 2"));
        Assert.That(drawings[0].Elements("rect").Select(static box => box.Attribute("class")!.Value), Is.EqualTo((string[])["b good", "b good", "b bad"]));
        Assert.That(drawings[1].Elements("rect").Select(static bar => bar.Element("title")!.Value), Has.One.EndsWith("for a decision"));
    }

    [Test]
    public async Task A_page_of_a_run_that_goes_on_or_whose_pipeline_is_not_known_is_a_page_too()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        PipelineRun run = await StartAsync(pipelines);
        await pipelines.PauseAsync(run.Id, "x");
        var stranger = new Pipelines(Database, []);

        string html = await (await stranger.GetAsync(run.Id)).ToHtmlAsync();
        XElement page = XDocument.Parse(html[html.IndexOf('\n')..]).Root!;

        Assert.That(page.Descendants("h2").Select(static h => h.Value), Is.EqualTo((string[])["Timeline", "Steps"]));
        Assert.That(page.Descendants("p").First().Value, Does.StartWith("Paused"));
    }
}
