using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Models;

public abstract class ModelSuite : RegistrySuite
{
    [Test]
    public async Task A_created_model_says_what_it_was_given()
    {
        RegisteredModel created = await Registry.CreateModelAsync("m", new()
        {
            Description = "daily riders",
            Tags = new Dictionary<string, string> { ["team"] = "transit" },
            Actor = "bob",
        });

        RegisteredModel read = await Registry.GetModelAsync("m");
        Assert.Multiple(() =>
        {
            Assert.That((read.Name, read.Description, read.Actor, read.CreatedAt, read.ChangedAt, read.LastVersion), Is.EqualTo(("m", "daily riders", "bob", Start, Start, 0)));
            Assert.That(read.Tags, Is.EquivalentTo(new Dictionary<string, string> { ["team"] = "transit" }));
            Assert.That(read.Aliases, Is.Empty);
            Assert.That(created.Name, Is.EqualTo("m"));
        });
        Assert.That(async () => await Registry.CreateModelAsync("m"), Throws.TypeOf<ModelExistsException>().With.Property("IsDeleted").False);
        Assert.That((await Registry.RegisterAsync("m", Content("x"), Other())).Number, Is.EqualTo(1));
        Assert.That(async () => await Registry.GetModelAsync("absent"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(await Registry.FindModelAsync("absent"), Is.Null);
    }

    [Test]
    public async Task Of_eight_connections_that_create_a_model_one_does()
    {
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        bool[] won = await Task.WhenAll(databases.Select(database => Task.Run(async () =>
        {
            await using ModelRegistry registry = Open(database);
            try
            {
                await registry.CreateModelAsync("m");
                return true;
            }
            catch (ModelExistsException)
            {
                return false;
            }
        })));

        Assert.That(won.Count(static winner => winner), Is.EqualTo(1));
        await CloseAsync(databases);
    }

    [Test]
    public async Task What_is_said_of_a_model_can_be_changed_and_shows_when()
    {
        await Registry.CreateModelAsync("m");
        Time.Advance(TimeSpan.FromHours(1));
        await Registry.DescribeModelAsync("m", "riders");
        await Registry.SetModelTagAsync("m", "team", "a");
        await Registry.SetModelTagAsync("m", "team", "b");

        RegisteredModel model = await Registry.GetModelAsync("m");
        Assert.That((model.Description, model.Tags["team"], model.ChangedAt), Is.EqualTo(("riders", "b", Start + TimeSpan.FromHours(1))));
        Assert.That(await Registry.RemoveModelTagAsync("m", "team"), Is.True);
        Assert.That(await Registry.RemoveModelTagAsync("m", "team"), Is.False);
        Assert.That((await Registry.GetModelAsync("m")).Tags, Is.Empty);
        Assert.That(async () => await Registry.DescribeModelAsync("absent", "x"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(async () => await Registry.SetModelTagAsync("absent", "k", "v"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(() => Registry.SetModelTagAsync("m", new string('k', 251), "v"), Throws.ArgumentException);
        Assert.That(() => Registry.SetModelTagAsync("m", "k", new string('v', 8_001)), Throws.ArgumentException);
    }

    [Test]
    public async Task A_renamed_model_keeps_versions_aliases_history_decisions_and_bytes()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        PromotionDecision decision = await Registry.PromoteAsync("m", 2, [PromotionGate.Create("ok", _ => GateResult.Pass("ok"))]);
        await Registry.RenameModelAsync("m", "n");

        Assert.That(await Registry.FindModelAsync("m"), Is.Null);
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
        ModelVersion live = await Registry.GetAsync("n@champion");
        await Artifacts.CollectGarbageAsync();
        Assert.That((live.Model, live.Number), Is.EqualTo(("n", 2)));
        Assert.That(await Registry.ReadAsync(live), Is.EqualTo("bytes 2"u8.ToArray()));
        Assert.That((await Registry.GetHistoryAsync("n", "champion")).Select(change => (change.Model, change.Number)), Is.EqualTo(new[] { ("n", (int?)1), ("n", (int?)2) }));
        Assert.That((await Registry.ListDecisionsAsync("n", "champion")).Single().Id, Is.EqualTo(decision.Id));
        Assert.That((await Registry.FindLiveAtAsync("n", "champion", Start))?.Number, Is.EqualTo(2));
        Assert.That((await Registry.RollbackAsync("n", "champion")).Number, Is.EqualTo(1));
        Assert.That((await Registry.RegisterAsync("n", Content("x"), Other())).Number, Is.EqualTo(3));
    }

    [Test]
    public async Task A_model_is_not_renamed_to_a_name_that_is_or_was_taken()
    {
        await Registry.CreateModelAsync("a");
        await Registry.CreateModelAsync("b");
        await Registry.CreateModelAsync("gone");
        await Registry.DeleteModelAsync("gone");

        Assert.That(async () => await Registry.RenameModelAsync("a", "b"), Throws.TypeOf<ModelExistsException>().With.Property("IsDeleted").False);
        Assert.That(async () => await Registry.RenameModelAsync("a", "gone"), Throws.TypeOf<ModelExistsException>().With.Property("IsDeleted").True);
        Assert.That(async () => await Registry.RenameModelAsync("absent", "c"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That((await Registry.RenameModelAsync("a", "a")).Name, Is.EqualTo("a"));
    }

    [Test]
    public async Task A_deleted_model_is_gone_from_every_lookup()
    {
        await Registry.RegisterAsync("m", Content("one"), new() { Format = ModelFormat.Other, RunId = "r", Tags = new Dictionary<string, string> { ["k"] = "v" } });
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.DeleteModelAsync("m");

        Assert.That(await Registry.FindModelAsync("m"), Is.Null);
        Assert.That(await Registry.FindAsync("m/1"), Is.Null);
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
        Assert.That(await Registry.FindLiveAtAsync("m", "champion", Start), Is.Null);
        Assert.That((await Registry.ListModelsAsync()).Models, Is.Empty);
        Assert.That(await Registry.ListVersionsAsync("m"), Is.Empty);
        Assert.That((await Registry.ListVersionsAsync(new VersionQuery())).Versions, Is.Empty);
        Assert.That(await Registry.ListVersionsOfRunAsync("r"), Is.Empty);
        Assert.That(async () => await Registry.GetAsync("m/1"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(async () => await Registry.SetAliasAsync("m", "champion", 1, Expected.Any), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(async () => await Registry.DeleteModelAsync("m"), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(async () => await Registry.ListLatestVersionsAsync("m"), Throws.TypeOf<ModelNotFoundException>());
    }

    [Test]
    public async Task A_deleted_model_leaves_the_history_of_its_aliases_and_its_decisions()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.PromoteAsync("m", 2, [PromotionGate.AtMost("mae", 1)], new() { Evidence = new Dictionary<string, double> { ["mae"] = 0.5 } });
        await Registry.ApproveAsync("m", 2, new() { Actor = "bob" });
        await Registry.DeleteModelAsync("m", new() { Actor = "eve", Reason = "privacy" });

        AliasChange last = (await Registry.GetHistoryAsync("m", "champion"))[^1];
        Assert.That((last.Sequence, last.Number, last.Previous, last.Actor, last.Reason), Is.EqualTo((3L, (int?)null, (int?)2, "eve", "privacy")));
        Assert.That((await Registry.ListDecisionsAsync("m", "champion")).Single().Gates.Single().Numbers["value"], Is.EqualTo(0.5));
        Assert.That((await Registry.ListApprovalsAsync("m", 2)).Single().Actor, Is.EqualTo("bob"));
    }

    [Test]
    public async Task The_bytes_of_a_deleted_model_go_with_the_next_collection_however_many_they_are()
    {
        await Task.WhenAll(Enumerable.Range(1, 105).Select(i => Registry.RegisterAsync("m", Content($"bytes {i}"), Other())));
        ModelVersion kept = await Registry.RegisterAsync("other", Content("bytes 7"), Other());
        await Registry.DeleteModelAsync("m");

        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(104));
        Assert.That(await Registry.ReadAsync(kept), Is.EqualTo("bytes 7"u8.ToArray()));
    }

    [Test]
    public async Task What_a_deletion_left_is_removed_by_the_next_one()
    {
        await RegisterAsync(3);
        await Registry.CreateModelAsync("other");

        // As a process does that dies before it has removed the rest.
        await new RegistryStore(Database, outbox: null).DeleteModelAsync(
            new Change("m", 0, "ann", null, UnixMicroseconds.From(Start)), CancellationToken.None);

        await Registry.DeleteModelAsync("other");
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(3));
    }

    [Test]
    public async Task A_deletion_whose_caller_goes_away_once_it_is_committed_releases_what_the_model_held()
    {
        await RegisterAsync(3);
        using var cancellation = new CancellationTokenSource();
        await using var registry = new ModelRegistry(Database, Artifacts, timeProvider: Time, logger: new Listener((DeletedEvent, cancellation.Cancel)));

        await registry.DeleteModelAsync("m", cancellationToken: cancellation.Token);

        Assert.That(cancellation.IsCancellationRequested, Is.True);
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(3));
    }

    [Test]
    public async Task A_deletion_that_cannot_release_what_the_model_held_says_so_in_the_log_and_leaves_it_to_the_next_one()
    {
        await RegisterAsync(3);
        await Registry.CreateModelAsync("other");
        int failures = 0;
        await using (var registry = new ModelRegistry(Database, Artifacts, timeProvider: Time, logger: new Listener(
            (DeletedEvent, () => Execute("ALTER TABLE registry_version_file RENAME TO registry_hidden")), (ReleaseFailedEvent, () => failures++))))
        {
            await registry.DeleteModelAsync("m");
        }

        Execute("ALTER TABLE registry_hidden RENAME TO registry_version_file");
        Assert.That(failures, Is.EqualTo(1));
        Assert.That(await Registry.FindModelAsync("m"), Is.Null);
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.Zero);

        await Registry.DeleteModelAsync("other");
        Assert.That((await Artifacts.CollectGarbageAsync()).Artifacts, Is.EqualTo(3));

        void Execute(string sql) => Database.WriteAsync(sql, static (session, sql) => session.Execute(sql)).GetAwaiter().GetResult();
    }

    [Test]
    public async Task A_model_created_again_goes_on_numbering_and_has_nothing_of_the_one_before()
    {
        await RegisterAsync(2);
        await Registry.SetModelTagAsync("m", "k", "v");
        await Registry.DescribeModelAsync("m", "before");
        await Registry.SetAliasAsync("m", "champion", 2, Expected.None);
        await Registry.DeleteModelAsync("m");
        Time.Advance(TimeSpan.FromHours(1));

        RegisteredModel again = await Registry.CreateModelAsync("m");
        Assert.That((again.Description, again.Tags.Count, again.Aliases.Count, again.CreatedAt), Is.EqualTo(((string?)null, 0, 0, Start + TimeSpan.FromHours(1))));
        ModelVersion version = await Registry.RegisterAsync("m", Content("new"), Other());
        Assert.That(version.Number, Is.EqualTo(3));
        Assert.That(await Registry.FindAsync("m/2"), Is.Null);
        Assert.That(async () => await Registry.RollbackAsync("m", "champion"), Throws.TypeOf<NoEarlierVersionException>());
        AliasChange change = await Registry.SetAliasAsync("m", "champion", 3, Expected.None);
        Assert.That(change.Sequence, Is.EqualTo(3));
    }

    [Test]
    public async Task Registering_creates_a_deleted_model_again()
    {
        await RegisterAsync(1);
        await Registry.DeleteModelAsync("m");

        Assert.That((await Registry.RegisterAsync("m", Content("bytes 1"), Other())).Number, Is.EqualTo(2));
        Assert.That((await Registry.GetModelAsync("m")).LastVersion, Is.EqualTo(2));
        await Artifacts.CollectGarbageAsync();
        Assert.That(await Registry.ReadAsync(await Registry.GetAsync("m/2")), Is.EqualTo("bytes 1"u8.ToArray()));
    }

    [Test]
    public async Task Models_are_listed_in_order_in_pages_without_a_gap_or_a_repetition()
    {
        foreach (string name in (string[])["m", "a", "B"])
        {
            await Registry.CreateModelAsync(name);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        await Registry.DescribeModelAsync("a", "changed");
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await ListAsync(null), Is.EqualTo("B,a,m"));
            Assert.That(await ListAsync("name DESC"), Is.EqualTo("m,a,B"));
            Assert.That(await ListAsync("creation_timestamp"), Is.EqualTo("m,a,B"));
            Assert.That(await ListAsync("timestamp DESC, name"), Is.EqualTo("B,a,m"));
            Assert.That(await ListAsync("last_updated_timestamp DESC"), Is.EqualTo("a,B,m"));
        });

        async Task<string> ListAsync(string? order)
        {
            List<string> read = [];
            string? after = null;
            do
            {
                ModelPage page = await Registry.ListModelsAsync(new() { Order = order, Take = 1, After = after });
                read.AddRange(page.Models.Select(static model => model.Name));
                after = page.Next;
            }
            while (after is not null && read.Count < 5);
            return string.Join(',', read);
        }
    }

    [Test]
    public void An_order_that_is_none_is_refused_at_once()
    {
        foreach (string order in (string[])["length", "name SIDEWAYS", "name, name DESC", "name;"])
        {
            Assert.That(() => Registry.ListModelsAsync(new() { Order = order }), Throws.TypeOf<FilterException>());
            Assert.That(() => Registry.ListVersionsAsync(new VersionQuery { Order = order }), Throws.TypeOf<FilterException>());
        }
    }

    [Test]
    public void A_position_that_is_none_is_refused_at_once()
    {
        foreach (string after in (string[])["x", "bm9wZQ", ""])
        {
            Assert.That(() => Registry.ListModelsAsync(new() { After = after }), Throws.ArgumentException);
            Assert.That(() => Registry.ListVersionsAsync(new VersionQuery { After = after }), Throws.ArgumentException);
        }
    }

    [Test]
    public async Task A_position_belongs_to_its_order()
    {
        await Registry.CreateModelAsync("a");
        await Registry.CreateModelAsync("b");
        ModelPage page = await Registry.ListModelsAsync(new() { Take = 1 });

        Assert.That(async () => await Registry.ListModelsAsync(new() { Take = 1, Order = "name DESC", After = page.Next }), Throws.ArgumentException);
    }

    [Test]
    public async Task Models_are_found_by_name_tag_and_time()
    {
        await Registry.CreateModelAsync("Riders", new() { Tags = new Dictionary<string, string> { ["team"] = "transit" } });
        Time.Advance(TimeSpan.FromMinutes(1));
        await Registry.CreateModelAsync("buses", new() { Tags = new Dictionary<string, string> { ["team"] = "roads", ["a key"] = "x" } });
        await Registry.CreateModelAsync("riders old");
        await Registry.CreateModelAsync("gone", new() { Tags = new Dictionary<string, string> { ["team"] = "transit" } });
        await Registry.DeleteModelAsync("gone");
        Time.Advance(TimeSpan.FromMinutes(1));
        await Registry.DescribeModelAsync("buses", "changed");
        await Registry.DescribeModelAsync("riders old", "changed");

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await FindAsync("name = 'Riders'"), Is.EqualTo("Riders"));
            Assert.That(await FindAsync("name != 'Riders'"), Is.EqualTo("buses,riders old"));
            Assert.That(await FindAsync("name LIKE 'r%'"), Is.EqualTo("riders old"));
            Assert.That(await FindAsync("name ILIKE 'r%'"), Is.EqualTo("Riders,riders old"));
            Assert.That(await FindAsync("tags.team = 'transit'"), Is.EqualTo("Riders"));
            Assert.That(await FindAsync("tags.team != 'transit'"), Is.EqualTo("buses"));
            Assert.That(await FindAsync("tags.`a key` = 'x' AND name = 'buses'"), Is.EqualTo("buses"));
            Assert.That(await FindAsync("name = 'Riders' OR tags.team = 'roads'"), Is.EqualTo("Riders,buses"));
            Assert.That(await FindAsync("creation_timestamp > 1772366400000"), Is.EqualTo("buses,riders old"));
            Assert.That(await FindAsync("last_updated_timestamp >= 1772366520000"), Is.EqualTo("buses,riders old"));
            Assert.That(await FindAsync(""), Is.EqualTo("Riders,buses,riders old"));
        });

        async Task<string> FindAsync(string filter) =>
            string.Join(',', (await Registry.ListModelsAsync(new() { Filter = filter })).Models.Select(static model => model.Name));
    }

    [Test]
    public void A_filter_that_is_none_is_refused_at_once()
    {
        foreach (string filter in (string[])["owner = 'x'", "name = x", "name = 'x' AND", "run_id = 'x'"])
        {
            Assert.That(() => Registry.ListModelsAsync(new() { Filter = filter }), Throws.TypeOf<FilterException>());
        }
    }

    [Test]
    public async Task Models_are_ordered_by_a_tag_and_those_without_come_last()
    {
        await Registry.CreateModelAsync("a");
        await Registry.CreateModelAsync("b", new() { Tags = new Dictionary<string, string> { ["rank"] = "1" } });
        await Registry.CreateModelAsync("c", new() { Tags = new Dictionary<string, string> { ["rank"] = "2" } });

        Assert.That((await Registry.ListModelsAsync(new() { Order = "tags.rank DESC" })).Models.Select(static model => model.Name), Is.EqualTo(new[] { "c", "b", "a" }));
    }

    private const int DeletedEvent = 3007;
    private const int ReleaseFailedEvent = 3009;

    /// <summary>Hears what is logged; of a deletion that is before anything else follows.</summary>
    private sealed class Listener(params (int Event, Action Act)[] actions) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach ((_, Action act) in actions.Where(action => action.Event == eventId.Id))
            {
                act();
            }
        }
    }
}
