using Mlops.Storage;

namespace Mlops.Registry.Tests.Versions;

public abstract class VersionChangeSuite : RegistrySuite
{
    [Test]
    public async Task What_is_said_of_a_version_can_be_changed_and_shows_when()
    {
        ModelVersion first = await Registry.RegisterAsync("m", Content("x"), new() { Format = ModelFormat.Other, Source = "s3://b/x" });
        Assert.That((first.Source, first.Stage, first.ChangedAt, first.Aliases), Is.EqualTo(("s3://b/x", ModelStage.None, Start, Array.Empty<string>())));
        Time.Advance(TimeSpan.FromHours(1));
        await Registry.DescribeVersionAsync("m", 1, "the first");
        await Registry.SetVersionTagAsync("m", 1, "k", "a");
        await Registry.SetVersionTagAsync("m", 1, "k", "b");
        await Registry.SetAliasAsync("m", "z", 1, Expected.None);
        await Registry.SetAliasAsync("m", "a", 1, Expected.None);

        ModelVersion read = await Registry.GetAsync("m/1");
        Assert.That((read.Description, read.Tags["k"], read.ChangedAt, read.RegisteredAt), Is.EqualTo(("the first", "b", Start + TimeSpan.FromHours(1), Start)));
        Assert.That(read.Aliases, Is.EqualTo(new[] { "a", "z" }));
        Assert.That(await Registry.RemoveVersionTagAsync("m", 1, "k"), Is.True);
        Assert.That(await Registry.RemoveVersionTagAsync("m", 1, "k"), Is.False);
        Assert.That((await Registry.DescribeVersionAsync("m", 1, null)).Description, Is.Null);
        Assert.That(async () => await Registry.DescribeVersionAsync("m", 2, "x"), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(async () => await Registry.SetVersionTagAsync("absent", 1, "k", "v"), Throws.TypeOf<ModelNotFoundException>());
    }

    [Test]
    public async Task A_deleted_version_is_not_found_and_its_number_is_never_used_again()
    {
        await Registry.RegisterAsync("m", Content("1"), Other());
        await Registry.RegisterAsync("m", Content("2"), new() { Format = ModelFormat.Other, RunId = "r", IdempotencyKey = "k" });
        await Registry.DeleteVersionAsync("m", 2);

        Assert.That(await Registry.FindAsync("m/2"), Is.Null);
        Assert.That(async () => await Registry.GetAsync("m/2"), Throws.TypeOf<VersionNotFoundException>());
        Assert.That((await Registry.ListVersionsAsync("m")).Select(static version => version.Number), Is.EqualTo(new[] { 1 }));
        Assert.That((await Registry.ListVersionsAsync(new VersionQuery())).Versions, Has.Count.EqualTo(1));
        Assert.That(await Registry.ListVersionsOfRunAsync("r"), Is.Empty);
        Assert.That((await Registry.ListLatestVersionsAsync("m")).Single().Number, Is.EqualTo(1));
        Assert.That(async () => await Registry.DeleteVersionAsync("m", 2), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(async () => await Registry.SetAliasAsync("m", "a", 2, Expected.Any), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(async () => await Registry.TransitionStageAsync("m", 2, ModelStage.Staging), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(
            async () => await Registry.RegisterAsync("m", Content("2"), Other("k")), Throws.TypeOf<VersionDeletedException>(), "the first outcome was deleted, and is not repeated");
        Assert.That((await Registry.RegisterAsync("m", Content("3"), Other())).Number, Is.EqualTo(3));
    }

    [Test]
    public async Task A_deleted_version_releases_its_bytes_unless_another_one_has_them_too()
    {
        await Registry.RegisterAsync("m", Content("shared"), Other());
        await Registry.RegisterAsync("m", Content("alone"), Other());
        ModelVersion twin = await Registry.RegisterAsync("m", Content("shared"), Other());
        await Registry.DeleteVersionAsync("m", 1);
        await Registry.DeleteVersionAsync("m", 2);

        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(1));
        Assert.That(await Registry.ReadAsync(twin), Is.EqualTo("shared"u8.ToArray()));
    }

    [Test]
    public async Task Aliases_of_a_deleted_version_are_removed_by_entries_of_their_history()
    {
        await RegisterAsync(3);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.SetAliasAsync("m", "champion", 2, 1);
        await Registry.SetAliasAsync("m", "champion", 3, 2);
        await Registry.SetAliasAsync("m", "other", 2, Expected.None);
        await Registry.DeleteVersionAsync("m", 2);
        await Registry.DeleteVersionAsync("m", 3, new() { Reason = "broken", Actor = "bob" });

        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
        AliasChange last = (await Registry.GetHistoryAsync("m", "champion"))[^1];
        Assert.That((last.Number, last.Previous, last.Reason, last.Actor), Is.EqualTo(((int?)null, (int?)3, "broken", "bob")));
        Assert.That((await Registry.GetHistoryAsync("m", "other"))[^1].Reason, Is.EqualTo("version deleted"));
        Assert.That((await Registry.RollbackAsync("m", "champion")).Number, Is.EqualTo(1), "what was deleted is no place to roll back to");
    }

    [Test]
    public async Task A_deletion_and_eight_connections_that_set_aliases_leave_no_alias_on_nothing()
    {
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        List<ModelRegistry> registries = databases.ConvertAll(Open);
        await RegisterAsync(4);
        for (int number = 1; number <= 4; number++)
        {
            Task[] setting = [.. registries.Select((registry, i) => Task.Run(async () =>
            {
                try
                {
                    await registry.SetAliasAsync("m", $"a{i}", number, Expected.Any);
                }
                catch (VersionNotFoundException)
                {
                    // The deletion came first.
                }
            }))];
            await Registry.DeleteVersionAsync("m", number);
            await Task.WhenAll(setting);

            Assert.That((await Registry.GetModelAsync("m")).Aliases, Is.Empty);
            for (int i = 0; i < 8; i++)
            {
                Assert.That((await Registry.GetHistoryAsync("m", $"a{i}")) is [.., var last] ? last.Number : null, Is.Null);
            }
        }

        await CloseAsync(databases);
    }

    [Test]
    public async Task Deleting_a_model_while_others_register_leaves_no_version_behind_a_number_that_was_used()
    {
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        List<ModelRegistry> registries = databases.ConvertAll(Open);
        await RegisterAsync(1);
        Task<int[]> registering = Task.WhenAll(registries.Select((registry, i) => Task.Run(async () =>
        {
            try
            {
                return (await registry.RegisterAsync("m", Content($"late {i}"), Other())).Number;
            }
            catch (RegistryException exception) when (exception is ModelNotFoundException or VersionNotFoundException)
            {
                // Registered, and deleted before it could be read back.
                return 0;
            }
        })));
        await Registry.DeleteModelAsync("m");
        int[] numbers = [.. (await registering).Where(static number => number > 0)];

        Assert.That(numbers, Is.Unique.And.All.GreaterThan(1));
        ModelVersion next = await Registry.RegisterAsync("m", Content("next"), Other());
        Assert.That(next.Number, Is.EqualTo(10));
        await Artifacts.CollectGarbageAsync();
        foreach (ModelVersion version in await Registry.ListVersionsAsync("m"))
        {
            await Registry.ReadAsync(version);
        }

        await CloseAsync(databases);
    }

    [Test]
    public async Task A_stage_is_given_and_the_others_of_it_are_archived_when_asked()
    {
        await RegisterAsync(3);
        await Registry.TransitionStageAsync("m", 1, ModelStage.Production);
        await Registry.TransitionStageAsync("m", 2, ModelStage.Production);
        Assert.That(await StagesAsync(), Is.EqualTo(new[] { ModelStage.None, ModelStage.Production, ModelStage.Production }));

        Time.Advance(TimeSpan.FromHours(1));
        ModelVersion third = await Registry.TransitionStageAsync("m", 3, ModelStage.Production, archiveExisting: true);
        Assert.That((third.Stage, third.ChangedAt), Is.EqualTo((ModelStage.Production, Start + TimeSpan.FromHours(1))));
        Assert.That(await StagesAsync(), Is.EqualTo(new[] { ModelStage.Production, ModelStage.Archived, ModelStage.Archived }));
        Assert.That(
            (await Registry.ListLatestVersionsAsync("m")).Select(static version => (version.Stage, version.Number)),
            Is.EqualTo(new[] { (ModelStage.Production, 3), (ModelStage.Archived, 2) }));
        await Registry.RegisterAsync("b", Content("1"), Other());
        Assert.That(
            (await Registry.ListLatestVersionsAsync(["m", "absent", "b"])).Select(static version => (version.Model, version.Stage, version.Number)),
            Is.EqualTo(new[] { ("b", ModelStage.None, 1) }.Concat((await Registry.ListLatestVersionsAsync("m")).Select(static version => (version.Model, version.Stage, version.Number)))));
        Assert.That(await Registry.ListLatestVersionsAsync([]), Is.Empty);
        Assert.That(() => Registry.TransitionStageAsync("m", 1, ModelStage.None, archiveExisting: true), Throws.ArgumentException);
        Assert.That(() => Registry.TransitionStageAsync("m", 1, (ModelStage)9), Throws.InstanceOf<ArgumentOutOfRangeException>());

        async Task<IEnumerable<ModelStage>> StagesAsync() => (await Registry.ListVersionsAsync("m")).Select(static version => version.Stage);
    }

    [Test]
    public async Task Versions_of_all_models_are_listed_in_order_in_pages()
    {
        foreach (string model in (string[])["m", "n", "m", "m"])
        {
            await Registry.RegisterAsync(model, Content("x"), Other());
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await ListAsync(null), Is.EqualTo("m/3,m/2,n/1,m/1"));
            Assert.That(await ListAsync("name DESC, version_number"), Is.EqualTo("n/1,m/1,m/2,m/3"));
            Assert.That(await ListAsync("version_number"), Is.EqualTo("m/1,n/1,m/2,m/3"));
            Assert.That(await ListAsync("creation_timestamp DESC"), Is.EqualTo("m/3,m/2,n/1,m/1"));
        });

        async Task<string> ListAsync(string? order)
        {
            List<string> read = [];
            string? after = null;
            do
            {
                VersionPage page = await Registry.ListVersionsAsync(new VersionQuery { Order = order, Take = 3, After = after });
                read.AddRange(page.Versions.Select(static version => version.Reference.ToString()));
                after = page.Next;
            }
            while (after is not null && read.Count < 10);
            return string.Join(',', read);
        }
    }

    [Test]
    public async Task A_change_moves_a_version_to_the_front()
    {
        await RegisterAsync(3);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Registry.SetVersionTagAsync("m", 1, "k", "v");

        Assert.That((await Registry.ListVersionsAsync(new VersionQuery())).Versions.Select(static version => version.Number), Is.EqualTo(new[] { 1, 3, 2 }));
    }

    [Test]
    public async Task Tags_and_aliases_of_a_long_page_are_each_with_their_version()
    {
        await Task.WhenAll(Enumerable.Range(1, 70).Select(i => Registry.RegisterAsync("m", Content($"bytes {i}"), Other())));
        for (int number = 1; number <= 70; number += 3)
        {
            await Registry.SetVersionTagAsync("m", number, "number", $"{number}");
            await Registry.SetAliasAsync("m", $"a{number}", number, Expected.None);
        }

        foreach (ModelVersion version in await Registry.ListVersionsAsync("m"))
        {
            Assert.That(version.Tags.GetValueOrDefault("number"), Is.EqualTo(version.Number % 3 == 1 ? $"{version.Number}" : null));
            Assert.That(version.Aliases, Is.EqualTo(version.Number % 3 == 1 ? new[] { $"a{version.Number}" } : []));
        }
    }

    [Test]
    public async Task Versions_are_found_by_model_run_source_number_and_tag()
    {
        await AddAsync("m", new() { RunId = "r1" });
        await AddAsync("n", new() { RunId = "r2" });
        await AddAsync("m", new() { Source = "s3://bucket/2", Tags = new Dictionary<string, string> { ["kind"] = "ridge" } });
        await AddAsync("m", new() { Tags = new Dictionary<string, string> { ["kind"] = "ridge" } });
        await AddAsync("m", new() { RunId = "r1", Source = "s3://bucket/4", Tags = new Dictionary<string, string> { ["kind"] = "ridge" } });
        await Registry.DeleteVersionAsync("m", 4);

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await FindAsync("name = 'm'"), Is.EqualTo("m/3,m/2,m/1"));
            Assert.That(await FindAsync("run_id = 'r1'"), Is.EqualTo("m/1"));
            Assert.That(await FindAsync("run_id IN ('r1', 'r2', 'R9')"), Is.EqualTo("n/1,m/1"));
            Assert.That(await FindAsync("run_id != 'r1'"), Is.EqualTo("n/1"));
            Assert.That(await FindAsync("source_path LIKE 's3://bucket/%'"), Is.EqualTo("m/2"));
            Assert.That(await FindAsync("version_number >= 2"), Is.EqualTo("m/3,m/2"));
            Assert.That(await FindAsync("tags.kind = 'ridge' AND version_number < 3"), Is.EqualTo("m/2"));
            Assert.That(await FindAsync("name = 'n' OR version_number = 3"), Is.EqualTo("m/3,n/1"));
        });

        async Task<string> FindAsync(string filter) => string.Join(
            ',', (await Registry.ListVersionsAsync(new VersionQuery { Filter = filter })).Versions.Select(static version => version.Reference.ToString()));

        async Task AddAsync(string model, RegisterOptions options)
        {
            options.Format = ModelFormat.Other;
            await Registry.RegisterAsync(model, Content("x"), options);
            Time.Advance(TimeSpan.FromMinutes(1));
        }
    }
}
