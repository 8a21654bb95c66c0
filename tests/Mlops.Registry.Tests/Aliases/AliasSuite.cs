using Mlops.Storage;

namespace Mlops.Registry.Tests.Aliases;

public abstract class AliasSuite : RegistrySuite
{
    [Test]
    public async Task An_alias_moves_only_from_where_it_was_expected()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);

        Assert.That(
            async () => await Registry.SetAliasAsync("m", "champion", 2, Expected.None),
            Throws.TypeOf<AliasConflictException>().With.Property("Actual").EqualTo(1).And.Message.Contains("expected no version, but it points to version 1"));
        Assert.That(async () => await Registry.SetAliasAsync("m", "champion", 2, Expected.Version(2)), Throws.TypeOf<AliasConflictException>());
        ModelVersion? current = await Registry.FindAsync("m@champion");
        await Registry.SetAliasAsync("m", "champion", 2, expected: current?.Number);
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
        await Registry.SetAliasAsync("m", "champion", 1, Expected.Any);
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Null_means_that_the_alias_must_not_exist()
    {
        await RegisterAsync(1);
        ModelVersion? current = await Registry.FindAsync("m@champion");
        await Registry.SetAliasAsync("m", "champion", 1, expected: current?.Number);

        Assert.That(async () => await Registry.SetAliasAsync("m", "champion", 1, expected: null), Throws.TypeOf<AliasConflictException>());
        Assert.That(default(Expected), Is.EqualTo(Expected.None));
    }

    [Test]
    public async Task A_version_or_model_that_does_not_exist_gets_no_alias()
    {
        await RegisterAsync(1);

        Assert.That(async () => await Registry.SetAliasAsync("m", "champion", 2, Expected.Any), Throws.TypeOf<VersionNotFoundException>());
        Assert.That(async () => await Registry.SetAliasAsync("absent", "champion", 1, Expected.Any), Throws.TypeOf<ModelNotFoundException>());
        Assert.That(() => Registry.SetAliasAsync("m", "champion", 0, Expected.Any), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(await Registry.GetHistoryAsync("m", "champion"), Is.Empty);
    }

    [Test]
    public async Task Of_eight_connections_that_race_for_an_alias_one_wins()
    {
        await RegisterAsync(9);
        await Registry.SetAliasAsync("m", "champion", 9, Expected.None);
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        List<ModelRegistry> registries = databases.ConvertAll(Open);
        for (int round = 0; round < 5; round++)
        {
            int expected = (await Registry.GetAsync("m@champion")).Number;
            int[] candidates = [.. Enumerable.Range(1, 9).Where(number => number != expected)];
            bool[] won = await Task.WhenAll(registries.Select((registry, i) => Task.Run(async () =>
            {
                try
                {
                    await registry.SetAliasAsync("m", "champion", candidates[i], expected);
                    return true;
                }
                catch (AliasConflictException conflict)
                {
                    Assert.That(conflict.Actual, Is.Not.EqualTo(expected));
                    return false;
                }
            })));

            Assert.That(won.Count(winner => winner), Is.EqualTo(1));
            Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(candidates[Array.IndexOf(won, true)]));
        }

        Assert.That((await Registry.GetHistoryAsync("m", "champion")).Select(change => change.Sequence), Is.EqualTo(Enumerable.Range(1, 6)));
        foreach (Database database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Test]
    public async Task Of_eight_connections_that_roll_back_from_one_version_one_does()
    {
        await RegisterAsync(3);
        foreach (int version in (int[])[1, 2, 3])
        {
            await Registry.SetAliasAsync("m", "champion", version, Expected.Any);
        }

        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        bool[] won = await Task.WhenAll(databases.Select(database => Task.Run(async () =>
        {
            await using ModelRegistry registry = Open(database);
            try
            {
                return (await registry.RollbackAsync("m", "champion", from: 3)).Number == 2;
            }
            catch (AliasConflictException conflict)
            {
                Assert.That(conflict.Actual, Is.EqualTo(2));
                return false;
            }
        })));
        await CloseAsync(databases);

        Assert.That(won.Count(static winner => winner), Is.EqualTo(1));
        Assert.That((await Registry.GetHistoryAsync("m", "champion")).Select(static change => change.Number), Is.EqualTo(new int?[] { 1, 2, 3, 2 }));
    }

    [Test]
    public async Task History_says_who_why_when_and_what_was_live_at_a_time()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None, new() { Reason = "first", Actor = "bob" });
        Time.Advance(TimeSpan.FromDays(1));
        await Registry.SetAliasAsync("m", "champion", 2, 1);
        Time.Advance(TimeSpan.FromDays(1));
        await Registry.RemoveAliasAsync("m", "champion", 2);

        Assert.That(await Registry.GetHistoryAsync("m", "champion"), Is.EqualTo(new[]
        {
            new AliasChange("m", "champion", 1, 1, null, Start, "bob", "first", null, null),
            new AliasChange("m", "champion", 2, 2, 1, Start + TimeSpan.FromDays(1), "ann", null, null, null),
            new AliasChange("m", "champion", 3, null, 2, Start + TimeSpan.FromDays(2), "ann", null, null, null),
        }));
        Assert.That(await LiveAsync(Start - TimeSpan.FromTicks(10)), Is.Null);
        Assert.That(await LiveAsync(Start), Is.EqualTo(1));
        Assert.That(await LiveAsync(Start + TimeSpan.FromHours(23)), Is.EqualTo(1));
        Assert.That(await LiveAsync(Start + TimeSpan.FromHours(25)), Is.EqualTo(2));
        Assert.That(await LiveAsync(Start + TimeSpan.FromDays(9)), Is.Null);

        async Task<int?> LiveAsync(DateTimeOffset time) => (await Registry.FindLiveAtAsync("m", "champion", time))?.Number;
    }

    [Test]
    public async Task Time_in_history_does_not_go_back_when_the_clock_does()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        Time.AdjustTime(Start - TimeSpan.FromHours(1));
        AliasChange change = await Registry.SetAliasAsync("m", "champion", 2, 1);

        Assert.That(change.At, Is.EqualTo(Start));
        Assert.That((await Registry.FindLiveAtAsync("m", "champion", Start))?.Number, Is.EqualTo(2));
    }

    [Test]
    public async Task A_rollback_goes_to_the_previous_distinct_version_and_another_one_further_back()
    {
        await RegisterAsync(4);
        foreach (int version in (int[])[1, 2, 3, 3])
        {
            await Registry.SetAliasAsync("m", "champion", version, Expected.Any);
        }

        Assert.That((await Registry.RollbackAsync("m", "champion")).Number, Is.EqualTo(2));
        await Registry.SetAliasAsync("m", "champion", 4, 2);
        AliasChange back = await Registry.RollbackAsync("m", "champion", from: 4, new() { Reason = "errors" });
        Assert.That((back.Number, back.Previous, back.Restores, back.Reason), Is.EqualTo(((int?)2, (int?)4, (long?)2, "errors")));
        Assert.That((await Registry.RollbackAsync("m", "champion")).Number, Is.EqualTo(1));
        Assert.That(
            async () => await Registry.RollbackAsync("m", "champion"),
            Throws.TypeOf<NoEarlierVersionException>().With.Property("Current").EqualTo(1));
    }

    [Test]
    public async Task A_rollback_happens_only_from_where_it_was_expected_and_restores_a_removed_alias()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.SetAliasAsync("m", "champion", 2, 1);

        Assert.That(async () => await Registry.RollbackAsync("m", "champion", from: 1), Throws.TypeOf<AliasConflictException>().With.Property("Actual").EqualTo(2));
        await Registry.RemoveAliasAsync("m", "champion", 2);
        Assert.That((await Registry.RollbackAsync("m", "champion")).Number, Is.EqualTo(2));
        Assert.That(async () => await Registry.RollbackAsync("m", "never"), Throws.TypeOf<AliasNotFoundException>());
    }

    [Test]
    public async Task A_repeated_change_is_the_first_one_and_a_different_one_is_refused()
    {
        await RegisterAsync(2);
        AliasChange first = await Registry.SetAliasAsync("m", "champion", 1, Expected.None, new() { IdempotencyKey = "a" });
        await Registry.SetAliasAsync("m", "champion", 2, 1);
        AliasChange rolledBack = await Registry.RollbackAsync("m", "champion", from: 2, new() { IdempotencyKey = "b" });

        Assert.That(await Registry.SetAliasAsync("m", "champion", 1, Expected.None, new() { IdempotencyKey = "a" }), Is.EqualTo(first));
        Assert.That(await Registry.RollbackAsync("m", "champion", from: 2, new() { IdempotencyKey = "b" }), Is.EqualTo(rolledBack));
        Assert.That(await Registry.GetHistoryAsync("m", "champion"), Has.Count.EqualTo(3));
        Assert.That(
            async () => await Registry.SetAliasAsync("m", "champion", 2, Expected.Any, new() { IdempotencyKey = "a" }),
            Throws.TypeOf<IdempotencyConflictException>());
        Assert.That(
            async () => await Registry.SetAliasAsync("m", "other", 1, Expected.Any, new() { IdempotencyKey = "a" }),
            Throws.TypeOf<IdempotencyConflictException>());
    }
}
