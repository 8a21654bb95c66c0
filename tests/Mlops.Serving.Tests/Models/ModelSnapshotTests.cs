using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Serving.Tests;

public sealed class ModelSnapshotTests
{
    [Test]
    public async Task An_unused_snapshot_is_freed_when_it_retires()
    {
        var runtime = new LinearRuntime();
        ModelSnapshot snapshot = Snapshot(runtime);

        snapshot.Retire();
        await snapshot.Disposed;

        Assert.That(runtime.LiveSessions, Is.Zero);
        Assert.That(snapshot.TryAcquire(), Is.False);
    }

    [Test]
    public async Task The_last_user_frees_a_retired_snapshot()
    {
        var runtime = new LinearRuntime();
        ModelSnapshot snapshot = Snapshot(runtime);
        Assert.That(snapshot.TryAcquire() && snapshot.TryAcquire(), Is.True);

        snapshot.Retire();
        Assert.That(snapshot.TryAcquire(), Is.False);
        snapshot.Release();
        Assert.That(snapshot.Disposed.IsCompleted, Is.False);
        snapshot.Release();
        await snapshot.Disposed;

        Assert.That(runtime.LiveSessions, Is.Zero);
    }

    [Test]
    public async Task Users_and_retirement_in_any_interleaving_free_it_exactly_once_and_never_under_a_user()
    {
        for (int round = 0; round < 300; round++)
        {
            var runtime = new LinearRuntime();
            ModelSnapshot snapshot = Snapshot(runtime);
            int freedUnderUser = 0;
            using var start = new Barrier(4);

            Task[] users = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    while (snapshot.TryAcquire())
                    {
                        if (runtime.LiveSessions == 0)
                            Interlocked.Increment(ref freedUnderUser);
                        snapshot.Release();
                    }
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            start.SignalAndWait();
            snapshot.Retire();
            await Task.WhenAll(users);
            await snapshot.Disposed;

            Assert.That((runtime.LiveSessions, freedUnderUser), Is.EqualTo((0, 0)));
        }
    }

    private static ModelSnapshot Snapshot(LinearRuntime runtime)
    {
        IModelSession session = runtime.Load("m", MemorySource.Version(1, 1, 1), CancellationToken.None);
        return new ModelSnapshot(
            new ServedVersion(1, new string('a', 64), default, session.Signature),
            session,
            output: 0,
            new ExecutorContext("m", "live", new ModelOptions(), RequireFinite: false, new ServingTelemetry(factory: null), TimeProvider.System, NullLogger.Instance, static (_, _) => { }));
    }
}
