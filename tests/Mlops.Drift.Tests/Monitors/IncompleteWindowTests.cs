namespace Mlops.Drift.Tests;

/// <summary>A window is marked for as long as it lacks a row that was lost, and no longer.</summary>
internal sealed class IncompleteWindowTests
{
    private const int LostRow = 30;

    private static readonly DriftSchema<Ride> Schema = DriftSchema.For<Ride>(static s => s
        .Timestamp(static r => r.At)
        .Numeric(static r => r.Id == $"r{LostRow}" ? throw new InvalidOperationException("no") : r.Distance, "fragile"));

    [Test]
    public async Task A_sliding_window_by_time_lacks_a_lost_row_for_the_time_of_a_window()
    {
        List<int> incomplete = await RunAsync(static options => options.WindowTime = TimeSpan.FromHours(10));

        Assert.That(incomplete, Is.EqualTo(Enumerable.Range(LostRow, 10)), "the ten hours up to row 40 begin after row 30");
    }

    [Test]
    public async Task A_sliding_window_by_rows_lacks_a_lost_row_until_as_many_have_come()
    {
        List<int> incomplete = await RunAsync(static options => options.WindowRows = 10);

        Assert.That(incomplete, Is.EqualTo(Enumerable.Range(LostRow, 10)), "rows 31 to 40 are ten without a gap");
    }

    [Test]
    public async Task Of_tumbling_windows_only_the_one_that_lost_a_row_is_incomplete()
    {
        List<int> incomplete = await RunAsync(static options => (options.WindowRows, options.WindowKind) = (10, WindowKind.Tumbling));

        Assert.That(incomplete, Is.EqualTo(Enumerable.Range(LostRow, 11)), "the fourth window is rows 31 to 40");
    }

    [Test]
    public async Task A_tumbling_window_lacks_a_lost_row_however_many_come_after_it()
    {
        List<int> incomplete = await RunAsync(static options =>
            (options.WindowTime, options.WindowKind, options.MaximumWindowRows) = (TimeSpan.FromDays(1), WindowKind.Tumbling, 10));

        Assert.That(incomplete, Is.EqualTo(Enumerable.Range(LostRow, 19)), "the second day is judged when row 48 has come");
    }

    /// <summary>One row an hour and a look after each; answers the rows after which the window was incomplete.</summary>
    private static async Task<List<int>> RunAsync(Action<DriftMonitorOptions> configure)
    {
        DriftMonitorOptions options = new();
        configure(options);
        using DriftMonitor<Ride> monitor = new("rides", Schema, options);
        List<int> incomplete = [];
        foreach ((int row, Ride ride) in new Draws(1).Rides(60).Index())
        {
            monitor.Observe(ride);
            if ((await monitor.EvaluateAsync()).Incomplete)
                incomplete.Add(row);
        }

        return incomplete;
    }
}
