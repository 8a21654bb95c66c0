namespace Mlops.Drift.Tests;

internal sealed class AlertIdTests
{
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(4_000));
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task An_id_names_the_version_and_the_time_of_the_rows()
    {
        const string digest = "6a06a860f2b94c1d";
        Assert.That(await IdsAsync(digest, Shifts(Start, 1)), Is.EqualTo(new[] { "rides/data/6a06a860/20240113T110000Z" }), "300 hours from midnight on");
        Assert.That(await IdsAsync("v1", Shifts(Start.AddMilliseconds(250), 1)), Is.EqualTo(new[] { "rides/data/v1/20240113T110000.25Z" }));
    }

    [Test]
    public async Task A_replay_gives_the_same_ids_wherever_it_begins()
    {
        (DateTimeOffset At, double Shift)[] steps = Shifts(Start, 1, 0, 1);

        string[] whole = await IdsAsync("v1", steps);

        Assert.That(whole, Is.Unique.And.Length.EqualTo(2));
        Assert.That(await IdsAsync("v1", steps), Is.EqualTo(whole));
        Assert.That(await IdsAsync("v1", steps[2..]), Is.EqualTo(whole[1..]), "a monitor without a state does not give the first alarm's id to the second");
    }

    [Test]
    public async Task Alarms_of_one_event_time_have_ids_of_their_own_also_after_a_restart()
    {
        using DriftMonitor<Ride> monitor = New();
        monitor.Activate("v1", Reference);
        List<string> ids = [];
        monitor.AddObserver(new Raised(ids));
        await StepAsync(monitor, (Start, 1), sameTime: true);
        await StepAsync(monitor, (Start, 0), sameTime: true);
        using DriftMonitor<Ride> restored = New();
        restored.Activate("v1", Reference);
        restored.AddObserver(new Raised(ids));
        restored.RestoreState(monitor.SaveState());
        await StepAsync(restored, (Start, 2), sameTime: true);

        Assert.That(ids, Is.EqualTo(new[] { "rides/data/v1/20240101T000000Z", "rides/data/v1/20240101T000000Z/2" }));
    }

    private static (DateTimeOffset At, double Shift)[] Shifts(DateTimeOffset start, params double[] shifts) =>
        [.. shifts.Select((shift, i) => (start.AddHours(300 * i), shift))];

    private static async Task<string[]> IdsAsync(string digest, (DateTimeOffset At, double Shift)[] steps)
    {
        using DriftMonitor<Ride> monitor = New();
        monitor.Activate(digest, Reference);
        List<string> ids = [];
        monitor.AddObserver(new Raised(ids));
        foreach ((DateTimeOffset At, double Shift) step in steps)
            await StepAsync(monitor, step);
        return [.. ids];
    }

    private static async Task StepAsync(DriftMonitor<Ride> monitor, (DateTimeOffset At, double Shift) step, bool sameTime = false)
    {
        // Their moment names the rows, so that a step has the same rows wherever the replay begins.
        int seed = 100 + (int)(step.At - Start).TotalHours + (int)step.Shift;
        foreach (Ride ride in new Draws(seed).Rides(300, step.Shift, step.At, $"{seed}-"))
            monitor.Observe(sameTime ? ride with { At = step.At } : ride);
        await monitor.EvaluateAsync();
    }

    private static DriftMonitor<Ride> New() => new("rides", Ride.Schema, new DriftMonitorOptions
    {
        WindowRows = 300,
        DataAlerts = { Confirmations = 1, ClearAfter = 1 },
    });

    private sealed class Raised(List<string> ids) : IDriftObserver
    {
        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            if (alert.Change == AlertChange.Raised)
                ids.Add(alert.Id);
            return ValueTask.CompletedTask;
        }
    }
}
