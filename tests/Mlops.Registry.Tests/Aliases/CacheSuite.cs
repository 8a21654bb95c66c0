using Microsoft.Extensions.Primitives;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Aliases;

public abstract class CacheSuite : RegistrySuite
{
    private ModelRegistry _cached = null!;

    [SetUp]
    public async Task OpenCached()
    {
        _cached = new ModelRegistry(Database, Artifacts, new RegistryOptions { Actor = "ann" }, Time);
        await RegisterAsync(3);
        await _cached.SetAliasAsync("m", "champion", 1, Expected.None);
    }

    [TearDown]
    public async Task CloseCached() => await _cached.DisposeAsync();

    [Test]
    public async Task What_an_alias_means_is_read_once_until_the_interval_is_over()
    {
        ModelVersion first = await _cached.GetAsync("m@champion");
        Assert.That(await _cached.GetAsync("m@champion"), Is.SameAs(first));
        Assert.That(await _cached.FindAsync("m@champion"), Is.SameAs(first));

        Time.Advance(TimeSpan.FromSeconds(2));
        ModelVersion later = await _cached.GetAsync("m@champion");
        Assert.That((later.Number, ReferenceEquals(later, first)), Is.EqualTo((1, false)));
    }

    [Test]
    public async Task A_change_elsewhere_is_seen_after_the_interval_at_the_latest()
    {
        await _cached.GetAsync("m@champion");
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 2, 1);

        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task Own_changes_are_seen_at_once()
    {
        await _cached.GetAsync("m@champion");
        await _cached.SetAliasAsync("m", "champion", 2, 1);
        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(2));
        await _cached.RollbackAsync("m", "champion");
        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(1));
        await _cached.PromoteAsync("m", 3, [PromotionGate.Create("ok", _ => GateResult.Pass("ok"))]);
        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(3));
        await _cached.SetVersionTagAsync("m", 3, "k", "v");
        Assert.That((await _cached.GetAsync("m@champion")).Tags, Has.Count.EqualTo(1));
        await _cached.RemoveVersionTagAsync("m", 3, "k");
        Assert.That((await _cached.GetAsync("m@champion")).Tags, Is.Empty);
        await _cached.DescribeVersionAsync("m", 3, "text");
        Assert.That((await _cached.GetAsync("m@champion")).Description, Is.EqualTo("text"));
        await _cached.TransitionStageAsync("m", 3, ModelStage.Production);
        Assert.That((await _cached.GetAsync("m@champion")).Stage, Is.EqualTo(ModelStage.Production));
        await _cached.RenameModelAsync("m", "n");
        Assert.That(await _cached.FindAsync("m@champion"), Is.Null);
        Assert.That((await _cached.GetAsync("n@champion")).Number, Is.EqualTo(3));
        await _cached.DeleteVersionAsync("n", 3);
        Assert.That(await _cached.FindAsync("n@champion"), Is.Null);
        await _cached.SetAliasAsync("n", "champion", 1, Expected.None);
        await _cached.GetAsync("n@champion");
        await _cached.DeleteModelAsync("n");
        Assert.That(await _cached.FindAsync("n@champion"), Is.Null);
    }

    [Test]
    public async Task What_a_refused_change_found_is_read_afterwards()
    {
        await _cached.GetAsync("m@champion");
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 2, 1);

        Assert.That(async () => await _cached.SetAliasAsync("m", "champion", 3, 1), Throws.TypeOf<AliasConflictException>());
        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task A_watch_that_fires_is_followed_by_the_new_meaning()
    {
        // A watch that has seen nothing yet fires at its first poll: read under it, then take the token.
        _cached.WatchAlias("m", "champion");
        Time.Advance(TimeSpan.FromSeconds(1));
        await _cached.GetAsync("m@champion");
        IChangeToken token = _cached.WatchAlias("m", "champion");
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable registration = token.RegisterChangeCallback(_ => fired.TrySetResult(), null);
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 2, 1);
        Time.Advance(TimeSpan.FromSeconds(1));
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That((await _cached.GetAsync("m@champion")).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task Readers_that_race_a_change_never_see_the_old_meaning_after_it_returned()
    {
        int live = 1;
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                int before = Volatile.Read(ref live);
                int read = int.Parse((await _cached.GetAsync("m@champion")).Description ?? "1");
                Assert.That(read, Is.GreaterThanOrEqualTo(before));
            }
        }))];
        for (int round = 2; round < 25; round++)
        {
            await _cached.DescribeVersionAsync("m", 1, $"{round}");
            Volatile.Write(ref live, round);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Test]
    public async Task An_alias_on_nothing_is_read_every_time()
    {
        Assert.That(await _cached.FindAsync("m@none"), Is.Null);
        await Registry.SetAliasAsync("m", "none", 2, Expected.None);

        Assert.That((await _cached.FindAsync("m@none"))?.Number, Is.EqualTo(2));
    }
}
