using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Aliases;

public abstract class WatchSuite : RegistrySuite
{
    [Test]
    public async Task A_change_through_the_same_object_fires_at_once_and_each_token_once()
    {
        await RegisterAsync(2);
        IChangeToken first = Registry.WatchAlias("m", "champion");
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await FiredAsync(first);

        IChangeToken second = Registry.WatchAlias("m", "champion");
        Assert.That(second.HasChanged, Is.False);
        await Registry.SetAliasAsync("m", "other", 1, Expected.None);
        Assert.That(second.HasChanged, Is.False);
        await Registry.SetAliasAsync("m", "champion", 2, Expected.Any);
        await FiredAsync(second);
    }

    [Test]
    public async Task A_change_by_another_process_fires_at_the_next_poll()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        IChangeToken token = Registry.WatchAlias("m", "champion");
        await Registry.GetAsync("m@champion");
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 2, 1);
        Assert.That(token.HasChanged, Is.False);

        Time.Advance(TimeSpan.FromSeconds(2));
        await FiredAsync(token);
    }

    [Test]
    public async Task A_change_between_taking_the_token_and_the_first_poll_is_not_missed()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.GetAsync("m@champion");
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 2, 1);
        IChangeToken token = Registry.WatchAlias("m", "champion");

        Time.Advance(TimeSpan.FromSeconds(2));
        await FiredAsync(token);
    }

    [Test]
    public async Task A_poll_without_a_change_fires_nothing_once_the_alias_was_read()
    {
        await RegisterAsync(1);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        var store = new RegistryStore(Database, null);
        AliasPosition position = (await store.ReadAliasAsync("m", "champion", CancellationToken.None)).Position;
        int fired = 0;
        var watches = new AliasWatches(Database, store, TimeSpan.FromSeconds(2), Time, NullLogger.Instance, () => fired++);
        IChangeToken token = watches.Watch("m", "champion");
        watches.Observe("m", "champion", position);
        Time.Advance(TimeSpan.FromSeconds(2));

        // Ends when the poll has ended.
        await watches.DisposeAsync();
        Assert.That((fired, token.HasChanged), Is.EqualTo((0, false)));
    }

    /// <summary>Both histories have one entry: the numbers alone would say that nothing happened.</summary>
    [Test]
    public async Task A_model_that_takes_anothers_name_elsewhere_fires_at_the_next_poll()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 2, Expected.None);
        await Registry.RegisterAsync("n", Content("another"), Other());
        await Registry.SetAliasAsync("n", "champion", 1, Expected.None);
        IChangeToken token = Registry.WatchAlias("m", "champion");
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.RenameModelAsync("m", "old");
        await other.RenameModelAsync("n", "m");

        Time.Advance(TimeSpan.FromSeconds(2));
        await FiredAsync(token);
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task A_renaming_elsewhere_fires_at_the_next_poll_under_both_names()
    {
        await RegisterAsync(1);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        IChangeToken before = Registry.WatchAlias("m", "champion");
        await Registry.GetAsync("m@champion");
        IChangeToken after = Registry.WatchAlias("n", "champion");
        await Registry.FindAsync("n@champion");
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.RenameModelAsync("m", "n");

        Time.Advance(TimeSpan.FromSeconds(2));
        await FiredAsync(before);
        await FiredAsync(after);
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
    }

    [Test]
    public async Task A_deletion_through_the_same_object_fires_at_once()
    {
        await RegisterAsync(1);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.SetAliasAsync("m", "other", 1, Expected.None);
        IChangeToken ofVersion = Registry.WatchAlias("m", "champion");
        await Registry.DeleteVersionAsync("m", 1);
        await FiredAsync(ofVersion);

        await Registry.RegisterAsync("m", Content("x"), Other());
        await Registry.SetAliasAsync("m", "champion", 2, Expected.None);
        IChangeToken ofModel = Registry.WatchAlias("m", "champion");
        await Registry.DeleteModelAsync("m");
        await FiredAsync(ofModel);
    }

    [Test]
    public async Task A_callback_that_throws_reaches_nobody()
    {
        await RegisterAsync(2);
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable registration = Registry.WatchAlias("m", "champion").RegisterChangeCallback(_ =>
        {
            called.SetResult();
            throw new InvalidOperationException("foreign");
        }, null);

        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        await called.Task;
        await Registry.SetAliasAsync("m", "champion", 2, 1);
    }

    private static async Task FiredAsync(IChangeToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable registration = token.RegisterChangeCallback(_ => fired.TrySetResult(), null);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
