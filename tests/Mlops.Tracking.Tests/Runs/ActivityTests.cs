using System.Collections.Concurrent;
using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>Listens to the process's activities, so it does not run beside other tests.</summary>
[NonParallelizable]
public sealed class ActivityTests : TrackingSuite
{
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private ActivityListener _listener = null!;

    [SetUp]
    public void Listen()
    {
        _stopped.Clear();
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Tracking",
            Sample = static (ref ActivityCreationOptions<ActivityContext> options) => ActivitySamplingResult.AllData,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [TearDown]
    public void StopListening() => _listener.Dispose();

    [Test]
    public async Task An_open_run_is_the_current_activity_of_its_caller_until_it_is_disposed()
    {
        Assert.That(Activity.Current, Is.Null);
        Run run = await Tracker.StartRunAsync("ridership");
        Assert.That(Activity.Current?.GetTagItem("mlops.run.id"), Is.EqualTo(run.Id));
        Assert.That(Activity.Current?.DisplayName, Is.EqualTo("run ridership"));

        Run child = await Tracker.StartRunAsync("ridership", new() { ParentId = run.Id });
        Assert.That(Activity.Current?.Parent?.GetTagItem("mlops.run.id"), Is.EqualTo(run.Id));

        child.Complete();
        await child.DisposeAsync();
        Assert.That(Activity.Current?.GetTagItem("mlops.run.id"), Is.EqualTo(run.Id));
        await run.DisposeAsync();
        Assert.That(Activity.Current, Is.Null);
        Assert.That(_stopped.Select(activity => activity.GetTagItem("mlops.run.status")), Is.EqualTo(new[] { "Finished", "Failed" }));
    }

    [Test]
    public async Task A_tracked_body_sees_its_run_and_leaves_the_callers_activity_alone()
    {
        ActivityStatusCode status = default;
        await Tracker.TrackAsync("outer", async (outer, token) =>
        {
            Activity? mine = Activity.Current;
            Assert.That(mine?.GetTagItem("mlops.run.id"), Is.EqualTo(outer.Id));
            await Tracker.TrackAsync("inner", (inner, innerToken) =>
            {
                Assert.That(Activity.Current?.GetTagItem("mlops.run.id"), Is.EqualTo(inner.Id));
                Assert.That(Activity.Current?.Parent, Is.SameAs(mine));
                return Task.CompletedTask;
            }, token);
            Assert.That(Activity.Current, Is.SameAs(mine));
        });

        Assert.That(Activity.Current, Is.Null);
        Assert.That(
            async () => await Tracker.TrackAsync("failing", (run, token) => Task.FromException(new InvalidOperationException())),
            Throws.InvalidOperationException);
        status = _stopped.Last().Status;
        Assert.That(status, Is.EqualTo(ActivityStatusCode.Error));
    }

    [Test]
    public async Task Open_and_tracked_runs_nest_in_each_other()
    {
        await Tracker.TrackAsync("outer", async (outer, token) =>
        {
            Activity? mine = Activity.Current;
            Run inner = await Tracker.StartRunAsync("inner", new() { ParentId = outer.Id }, token);
            Assert.That(Activity.Current?.Parent, Is.SameAs(mine));
            await Tracker.TrackAsync("innermost", new() { ParentId = inner.Id }, (innermost, _) =>
            {
                Assert.That(Activity.Current?.Parent?.GetTagItem("mlops.run.id"), Is.EqualTo(inner.Id));
                Assert.That(Activity.Current?.GetTagItem("mlops.run.id"), Is.EqualTo(innermost.Id));
                return Task.CompletedTask;
            }, token);
            inner.Complete();
            await inner.DisposeAsync();
            Assert.That(Activity.Current, Is.SameAs(mine));
        });

        Assert.That(_stopped.Select(static activity => activity.DisplayName), Is.EqualTo(new[] { "run innermost", "run inner", "run outer" }));
        Assert.That(_stopped.SelectMany(static activity => activity.Links), Is.Empty, "the parent is around them");
    }

    [Test]
    public async Task Children_in_other_tasks_have_the_run_as_parent_and_leave_it_current()
    {
        await using Run run = await Tracker.StartRunAsync("outer");
        Activity? mine = Activity.Current;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            Run child = await Tracker.StartRunAsync("inner", new() { ParentId = run.Id });
            Assert.That(Activity.Current?.GetTagItem("mlops.run.id"), Is.EqualTo(child.Id));
            await child.DisposeAsync();
            Assert.That(Activity.Current, Is.SameAs(mine));
        })));

        Assert.That(Activity.Current, Is.SameAs(mine));
        Assert.That(_stopped.Select(static activity => activity.Parent), Is.EqualTo(Enumerable.Repeat(mine, 4)));
    }

    [Test]
    public async Task A_child_that_starts_outside_of_its_parents_activity_is_linked_to_it()
    {
        Run parent = await Tracker.StartRunAsync("outer");
        Activity activity = Activity.Current!;
        Activity.Current = null;
        Run child = await Tracker.StartRunAsync("inner", new() { ParentId = parent.Id });
        Assert.That((Activity.Current!.Parent, Activity.Current.Links.Single().Context), Is.EqualTo(((Activity?)null, activity.Context)));
        await child.DisposeAsync();

        await parent.DisposeAsync();
        Activity.Current = null;
        Run late = await Tracker.StartRunAsync("inner", new() { ParentId = parent.Id });
        Assert.That(Activity.Current!.Links, Is.Empty, "the parent's activity has ended here");
        await late.DisposeAsync();
    }

    protected override Database Create(string folder) => Sqlite.Create(folder);
}
