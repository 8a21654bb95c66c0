using Mlops.Storage;

namespace Mlops.Tracking.Tests.Experiments;

public abstract class ExperimentSuite : TrackingSuite
{
    [Test]
    public async Task A_created_experiment_is_found_by_its_name_and_by_its_id()
    {
        Experiment created = await Tracker.CreateExperimentAsync("demand", new() { Tags = new Dictionary<string, string> { ["team"] = "north", ["a"] = "" } });

        Assert.Multiple(() =>
        {
            Assert.That((created.Name, created.CreatedAt, created.ChangedAt, created.DeletedAt, created.IsDeleted), Is.EqualTo(("demand", Start, Start, (DateTimeOffset?)null, false)));
            Assert.That(created.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["team"] = "north", ["a"] = "" }));
        });
        Assert.That((await Tracker.GetExperimentAsync("demand")).Id, Is.EqualTo(created.Id));
        Assert.That((await Tracker.GetExperimentAsync(created.Id)).Tags["team"], Is.EqualTo("north"));
    }

    [Test]
    public async Task An_absent_experiment_is_null_or_a_typed_error()
    {
        Assert.That(await Tracker.FindExperimentAsync("absent"), Is.Null);
        Assert.That(await Tracker.FindExperimentAsync(99), Is.Null);
        Assert.That(async () => await Tracker.GetExperimentAsync("absent"), Throws.TypeOf<ExperimentNotFoundException>().With.Property("Name").EqualTo("absent").And.Property("Id").Null);
        Assert.That(async () => await Tracker.GetExperimentAsync(99), Throws.TypeOf<ExperimentNotFoundException>().With.Property("Id").EqualTo(99).And.Property("Name").Null);
        Assert.That(async () => await Tracker.RenameExperimentAsync("absent", "b"), Throws.TypeOf<ExperimentNotFoundException>());
        Assert.That(async () => await Tracker.SetExperimentTagAsync("absent", "k", "v"), Throws.TypeOf<ExperimentNotFoundException>());
        Assert.That(async () => await Tracker.RemoveExperimentTagAsync("absent", "k"), Throws.TypeOf<ExperimentNotFoundException>());
        Assert.That(async () => await Tracker.DeleteExperimentAsync("absent"), Throws.TypeOf<ExperimentNotFoundException>());
        Assert.That(async () => await Tracker.RestoreExperimentAsync("absent"), Throws.TypeOf<ExperimentNotFoundException>());
    }

    [Test]
    public async Task A_name_that_is_taken_is_refused_also_by_a_deleted_experiment()
    {
        await Tracker.CreateExperimentAsync("a");
        await Tracker.CreateExperimentAsync("gone");
        await Tracker.DeleteExperimentAsync("gone");

        Assert.That(async () => await Tracker.CreateExperimentAsync("a"), Throws.TypeOf<ExperimentExistsException>().With.Property("IsDeleted").False);
        Assert.That(async () => await Tracker.CreateExperimentAsync("gone"), Throws.TypeOf<ExperimentExistsException>().With.Property("IsDeleted").True);
        Assert.That(async () => await Tracker.RenameExperimentAsync("a", "gone"), Throws.TypeOf<ExperimentExistsException>().With.Property("Name").EqualTo("gone").And.Property("IsDeleted").True);
        Assert.That((await Tracker.GetExperimentAsync("a")).ChangedAt, Is.EqualTo(Start), "a refused change leaves no trace");
    }

    [Test]
    public async Task The_first_run_creates_its_experiment_now_whenever_the_run_was()
    {
        RunRecord run = await Tracker.CreateRunAsync("e", new() { StartTime = DateTimeOffset.UnixEpoch });

        Experiment experiment = await Tracker.GetExperimentAsync("e");
        Assert.That((experiment.Id, experiment.CreatedAt, run.StartTime), Is.EqualTo((run.ExperimentId, Start, DateTimeOffset.UnixEpoch)));
    }

    [Test]
    public async Task A_renamed_experiment_keeps_its_runs_and_frees_its_name()
    {
        RunRecord run = await Tracker.CreateRunAsync("before");
        Time.Advance(TimeSpan.FromMinutes(1));

        Experiment renamed = await Tracker.RenameExperimentAsync("before", "after");

        Assert.That((renamed.Id, renamed.Name, renamed.ChangedAt), Is.EqualTo((run.ExperimentId, "after", Start.AddMinutes(1))));
        Assert.That((await Tracker.ListRunsAsync("after")).Runs.Single().Experiment, Is.EqualTo("after"));
        Assert.That((await Tracker.ListRunsAsync("before")).Runs, Is.Empty);
        Assert.That((await Tracker.CreateExperimentAsync("before")).Id, Is.Not.EqualTo(run.ExperimentId));
        Assert.That((await Tracker.RenameExperimentAsync("after", "after")).Name, Is.EqualTo("after"));
    }

    [Test]
    public async Task Tags_of_an_experiment_are_set_changed_and_removed()
    {
        await Tracker.CreateExperimentAsync("e");
        Time.Advance(TimeSpan.FromMinutes(1));
        await Tracker.SetExperimentTagAsync("e", "k", "1");
        await Tracker.SetExperimentTagAsync("e", "k", "2");
        await Tracker.SetExperimentTagAsync("e", "other", "x");

        Experiment changed = await Tracker.GetExperimentAsync("e");
        Assert.That(changed.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["k"] = "2", ["other"] = "x" }));
        Assert.That(changed.ChangedAt, Is.EqualTo(Start.AddMinutes(1)));
        Assert.That(await Tracker.RemoveExperimentTagAsync("e", "k"), Is.True);
        Assert.That(await Tracker.RemoveExperimentTagAsync("e", "k"), Is.False);
        Assert.That((await Tracker.GetExperimentAsync("e")).Tags.Keys, Is.EqualTo(new[] { "other" }));
    }

    [Test]
    public async Task A_deleted_experiment_is_found_but_cannot_be_changed_until_it_is_restored()
    {
        await Tracker.CreateExperimentAsync("e");
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(await Tracker.DeleteExperimentAsync("e"), Is.True);
        Assert.That(await Tracker.DeleteExperimentAsync("e"), Is.False);
        Experiment deleted = await Tracker.GetExperimentAsync("e");
        Assert.That((deleted.IsDeleted, deleted.DeletedAt, deleted.ChangedAt), Is.EqualTo((true, (DateTimeOffset?)Start.AddMinutes(1), Start.AddMinutes(1))));
        Assert.That(async () => await Tracker.RenameExperimentAsync("e", "b"), Throws.TypeOf<ExperimentDeletedException>().With.Property("Name").EqualTo("e"));
        Assert.That(async () => await Tracker.SetExperimentTagAsync("e", "k", "v"), Throws.TypeOf<ExperimentDeletedException>());
        Assert.That(async () => await Tracker.RemoveExperimentTagAsync("e", "k"), Throws.TypeOf<ExperimentDeletedException>());
        Assert.That(async () => await Tracker.StartRunAsync("e"), Throws.TypeOf<ExperimentDeletedException>());
        Assert.That(async () => await Tracker.CreateRunAsync("e"), Throws.TypeOf<ExperimentDeletedException>());

        Assert.That(await Tracker.RestoreExperimentAsync("e"), Is.True);
        Assert.That(await Tracker.RestoreExperimentAsync("e"), Is.False);
        await Tracker.SetExperimentTagAsync("e", "k", "v");
        Assert.That((await Tracker.GetExperimentAsync("e")).IsDeleted, Is.False);
    }

    [Test]
    public async Task Experiments_are_listed_newest_first_page_by_page_by_their_lifecycle()
    {
        for (int i = 0; i < 7; i++)
        {
            await Tracker.CreateExperimentAsync($"e{i}", new() { Tags = new Dictionary<string, string> { ["n"] = $"{i}" } });
            Time.Advance(TimeSpan.FromSeconds(i % 2));
        }

        await Tracker.DeleteExperimentAsync("e2");
        await Tracker.DeleteExperimentAsync("e5");

        Assert.That(await ListAsync(Lifecycle.Active), Is.EqualTo(new[] { "e6", "e4", "e3", "e1", "e0" }));
        Assert.That(await ListAsync(Lifecycle.Deleted), Is.EqualTo(new[] { "e5", "e2" }));
        Assert.That(await ListAsync(Lifecycle.Any), Is.EqualTo(new[] { "e6", "e5", "e4", "e3", "e2", "e1", "e0" }));
        Assert.That((await Tracker.ListExperimentsAsync()).Experiments[0].Tags["n"], Is.EqualTo("6"));
    }

    [TestCase(null, null, "d c B a")]
    [TestCase(null, "name", "B a c d")]
    [TestCase(null, "name DESC", "d c a B")]
    [TestCase(null, "experiment_id", "a B c d")]
    [TestCase(null, "last_update_time DESC, name", "B a d c")]
    [TestCase(null, "tags.team, name DESC", "c a d B")]
    [TestCase("name LIKE 'a%' OR name ILIKE 'b'", null, "B a")]
    [TestCase("tags.team = 'north'", null, "c a")]
    [TestCase("tag.team != 'north'", null, "d")]
    [TestCase("creation_time >= 1772366401000 AND NOT attributes.name = 'd'", null, "c B")]
    [TestCase("last_update_time > creation_time_of_nothing", null, null)]
    [TestCase("params.p = '1'", null, null)]
    [TestCase(null, "artifact_location", null)]
    public async Task Experiments_are_found_and_ordered_by_what_they_have(string? filter, string? order, string? expected)
    {
        foreach ((string name, string? team) in ((string, string?)[])[("a", "north"), ("B", null), ("c", "north"), ("d", "south")])
        {
            await Tracker.CreateExperimentAsync(name, new() { Tags = team is null ? null : new Dictionary<string, string> { ["team"] = team } });
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await Tracker.SetExperimentTagAsync("a", "touched", "1");
        await Tracker.SetExperimentTagAsync("B", "touched", "1");
        var query = new ExperimentQuery { Filter = filter, Order = order, Take = 1 };
        if (expected is null)
        {
            Assert.That(() => Tracker.ListExperimentsAsync(query), Throws.TypeOf<FilterException>());
            return;
        }

        List<string> names = [];
        do
        {
            ExperimentPage page = await Tracker.ListExperimentsAsync(query);
            names.AddRange(page.Experiments.Select(static experiment => experiment.Name));
            query.After = page.Next;
        }
        while (query.After is not null);
        Assert.That(string.Join(' ', names), Is.EqualTo(expected));
    }

    [Test]
    public void A_name_a_tag_or_a_query_that_is_none_is_refused_at_once()
    {
        Assert.That(() => Tracker.CreateExperimentAsync("a\nb"), Throws.ArgumentException);
        Assert.That(() => Tracker.CreateExperimentAsync(new string('a', 251)), Throws.ArgumentException);
        Assert.That(() => Tracker.CreateExperimentAsync("half \ud800"), Throws.ArgumentException);
        Assert.That(() => Tracker.CreateExperimentAsync("e", new() { Tags = new Dictionary<string, string> { ["a//b"] = "" } }), Throws.ArgumentException);
        Assert.That(() => Tracker.RenameExperimentAsync("e", ""), Throws.ArgumentException);
        Assert.That(() => Tracker.SetExperimentTagAsync("e", "k", new string('v', 8_001)), Throws.ArgumentException);
        Assert.That(() => Tracker.SetExperimentTagAsync("e", "k", "\0"), Throws.ArgumentException);
        Assert.That(() => Tracker.ListExperimentsAsync(new() { Take = 1_001 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.ListExperimentsAsync(new() { Lifecycle = (Lifecycle)3 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Tracker.ListExperimentsAsync(new() { After = "no" }), Throws.ArgumentException);
        Assert.That(() => Tracker.ListRunsAsync("e", new() { Lifecycle = (Lifecycle)3 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private async Task<string[]> ListAsync(Lifecycle lifecycle)
    {
        List<string> names = [];
        var query = new ExperimentQuery { Lifecycle = lifecycle, Take = 2 };
        do
        {
            ExperimentPage page = await Tracker.ListExperimentsAsync(query);
            names.AddRange(page.Experiments.Select(static experiment => experiment.Name));
            query.After = page.Next;
        }
        while (query.After is not null);
        return [.. names];
    }
}
