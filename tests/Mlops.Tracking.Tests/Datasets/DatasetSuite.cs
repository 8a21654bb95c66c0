namespace Mlops.Tracking.Tests.Datasets;

public abstract class DatasetSuite : TrackingSuite
{
    private static readonly DatasetInput Full = new("rides", "9f86d081")
    {
        Uri = "https://data.example/rides.csv",
        UriType = "http",
        Schema = """{"columns": ["day", "rides"]}""",
        Profile = """{"rows": 5000}""",
        Rows = 5_000,
        Context = "train",
        Tags = new Dictionary<string, string> { ["split"] = "80", [new string('k', 255)] = new('v', 500) },
    };

    [Test]
    public async Task A_dataset_comes_back_as_it_was_logged()
    {
        await using Run run = await Tracker.StartRunAsync("e");
        await run.LogDatasetAsync(Full);
        await Tracker.LogAsync(run.Id, new() { Datasets = [new DatasetInput("rides", "0")] });

        IReadOnlyList<DatasetInput> listed = await Tracker.ListDatasetsAsync(run.Id);
        Assert.That(listed.Select(static dataset => dataset.Digest), Is.EqualTo(new[] { "0", "9f86d081" }));
        Assert.That(listed[0], Is.EqualTo(new DatasetInput("rides", "0")));
        Assert.That(listed[1].Tags, Is.EquivalentTo(Full.Tags!));
        Assert.That(listed[1] with { Tags = Full.Tags }, Is.EqualTo(Full));
    }

    [Test]
    public async Task One_name_and_digest_is_one_dataset_of_the_experiment_whose_first_description_stands()
    {
        RunRecord one = await Tracker.CreateRunAsync("e");
        RunRecord two = await Tracker.CreateRunAsync("e");
        RunRecord elsewhere = await Tracker.CreateRunAsync("other");
        DatasetInput second = Full with { Schema = "changed", Context = "test", Tags = null };
        await Tracker.LogAsync(one.Id, new() { Datasets = [Full] });
        await Tracker.LogAsync(two.Id, new() { Datasets = [second] });
        await Tracker.LogAsync(elsewhere.Id, new() { Datasets = [second] });

        Assert.That(await Tracker.ListDatasetsAsync(two.Id), Is.EqualTo(new[] { second with { Schema = Full.Schema } }));
        Assert.That((await Tracker.ListDatasetsAsync(elsewhere.Id)).Single().Schema, Is.EqualTo("changed"));
        Assert.That(await CountAsync("tracking_dataset"), Is.EqualTo(2));
    }

    [Test]
    public async Task Logging_again_changes_nothing_but_the_tags_it_gives()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        var dataset = new DatasetInput("d", "1") { Context = "train", Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } };
        await Tracker.LogAsync(run.Id, new() { Datasets = [dataset, dataset with { Context = null, Tags = null }] });
        await Tracker.LogAsync(run.Id, new() { Datasets = [dataset with { Tags = new Dictionary<string, string> { ["b"] = "3" } }] });

        IReadOnlyList<DatasetInput> listed = await Tracker.ListDatasetsAsync(run.Id);
        Assert.That(listed.Select(static input => input.Context), Is.EqualTo(new[] { null, "train" }));
        Assert.That(listed[1].Tags, Is.EquivalentTo(new Dictionary<string, string> { ["a"] = "1", ["b"] = "3" }));
    }

    [Test]
    public async Task Datasets_of_a_page_of_runs_and_of_an_experiment_are_listed_at_once()
    {
        RunRecord one = await Tracker.CreateRunAsync("e");
        RunRecord two = await Tracker.CreateRunAsync("e");
        RunRecord none = await Tracker.CreateRunAsync("e");
        RunRecord deleted = await Tracker.CreateRunAsync("e");
        await Tracker.LogAsync(one.Id, new() { Datasets = [Full, new DatasetInput("a", "1")] });
        await Tracker.LogAsync(two.Id, new() { Datasets = [Full] });
        await Tracker.LogAsync(deleted.Id, new() { Datasets = [new DatasetInput("hidden", "1")] });
        await Tracker.DeleteRunAsync(deleted.Id);

        IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>> byRun = await Tracker.ListDatasetsAsync([two.Id, none.Id, one.Id, "absent"]);
        Assert.That(byRun.Keys, Is.EquivalentTo(new[] { one.Id, two.Id }));
        Assert.That(byRun[one.Id].Select(static dataset => dataset.Name), Is.EqualTo(new[] { "a", "rides" }));
        Assert.That(
            await Tracker.ListExperimentDatasetsAsync("e"), Is.EqualTo(new[] { new DatasetSummary("a", "1", null), new DatasetSummary("rides", "9f86d081", "train") }));
        Assert.That(await Tracker.ListExperimentDatasetsAsync("absent"), Is.Empty);
        await Tracker.DeleteExperimentAsync("e");
        Assert.That(await Tracker.ListExperimentDatasetsAsync("e"), Is.Empty);
    }

    [Test]
    public async Task No_user_name_and_no_password_of_a_uri_is_stored()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        await Tracker.LogAsync(run.Id, new() { Datasets = [new DatasetInput("d", "1") { Uri = "https://ada:canary@host/d" }] });

        Assert.That((await Tracker.ListDatasetsAsync(run.Id)).Single().Uri, Is.EqualTo("https://host/d"));
    }

    [Test]
    public async Task The_longest_texts_are_stored_and_longer_ones_are_refused_at_once()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        DatasetInput longest = new(new string('n', 500), new string('d', 36)) { Uri = new('u', 65_535), Schema = new('s', 65_535), Profile = new('p', 16_777_215), Context = new('c', 500) };
        await Tracker.LogAsync(run.Id, new() { Datasets = [longest] });
        Assert.That((await Tracker.ListDatasetsAsync(run.Id)).Single(), Is.EqualTo(longest));

        foreach (DatasetInput refused in (DatasetInput[])
        [
            new("", "d"), new("n", " "), new(new string('n', 501), "d"), new("n", new string('d', 37)),
            Full with { Uri = new('u', 65_536) }, Full with { Schema = new('s', 65_536) }, Full with { Profile = new('p', 16_777_216) },
            Full with { Context = new('c', 501) }, Full with { Rows = -1 }, Full with { Schema = "\0" },
            Full with { Tags = new Dictionary<string, string> { [new string('k', 256)] = "" } },
            Full with { Tags = new Dictionary<string, string> { ["k"] = new('v', 501) } },
        ])
        {
            Assert.That(() => Tracker.LogAsync(run.Id, new() { Datasets = [refused] }), Throws.InstanceOf<ArgumentException>());
        }

        Assert.That(() => Tracker.LogAsync(run.Id, new() { Datasets = [.. Enumerable.Repeat(Full, 1_001)] }), Throws.ArgumentException);
        Assert.That(() => Tracker.LogAsync(run.Id, new() { Datasets = [null!] }), Throws.ArgumentNullException);
        Assert.That(() => Tracker.ListDatasetsAsync((string[])[]), Throws.ArgumentException);
        Assert.That(async () => await Tracker.ListDatasetsAsync("absent"), Throws.TypeOf<RunNotFoundException>());
    }

    private async Task<long> CountAsync(string table)
    {
        List<long> counts = await Database.QueryAsync($"SELECT COUNT(*) FROM {table}", static row => row.GetInt64(0), CancellationToken.None);
        return counts[0];
    }
}
