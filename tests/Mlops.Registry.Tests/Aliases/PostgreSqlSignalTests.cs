using Microsoft.Extensions.Primitives;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Registry.Tests.Aliases;

/// <summary>The clock of the polls stands still: what fires, fires by a signal.</summary>
[NonParallelizable]
public sealed class PostgreSqlSignalTests : RegistrySuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);

    [Test]
    public async Task A_change_by_another_process_fires_without_a_poll()
    {
        await RegisterAsync(3);
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        for (int number = 1; number <= 3; number++)
        {
            IChangeToken token = Registry.WatchAlias("m", "champion");
            await Registry.FindAsync("m@champion");
            await other.SetAliasAsync("m", "champion", number, Expected.Any);
            await FiredAsync(token);
            Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(number));
        }
    }

    [Test]
    public async Task What_happens_while_the_server_is_away_and_afterwards_fires_without_a_poll()
    {
        await RegisterAsync(2);
        await using Database elsewhere = Create(Folder);
        await using ModelRegistry other = Open(elsewhere);
        await other.SetAliasAsync("m", "champion", 1, Expected.None);
        await Registry.GetAsync("m@champion");
        IChangeToken token = Registry.WatchAlias("m", "champion");
        await other.SetAliasAsync("m", "champion", 2, Expected.Any);
        await FiredAsync(token);

        PostgreSqlServer.CrashAndRestart();
        token = Registry.WatchAlias("m", "champion");
        await RetryAsync(() => other.SetAliasAsync("m", "champion", 1, Expected.Any));
        await FiredAsync(token);
        Assert.That((await RetryAsync(() => Registry.GetAsync("m@champion"))).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task A_closed_database_signals_and_listens_no_more()
    {
        Database elsewhere = Create(Folder);
        int heard = 0;
        using IDisposable subscription = elsewhere.OnSignal("registry", () => Interlocked.Increment(ref heard));
        await elsewhere.OpenAsync();
        await elsewhere.DisposeAsync();
        int before = heard;
        await RegisterAsync(1);

        Assert.That(heard, Is.EqualTo(before));
        Assert.That(() => elsewhere.Signal("registry"), Throws.Nothing);
    }

    private static async Task<T> RetryAsync<T>(Func<Task<T>> work)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await work();
            }
            catch (StorageException exception) when (attempt < 100 && (exception.IsTransient || exception.OutcomeUnknown))
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task FiredAsync(IChangeToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable registration = token.RegisterChangeCallback(_ => fired.TrySetResult(), null);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
