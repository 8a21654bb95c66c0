using System.Diagnostics;
using System.Globalization;

namespace Mlops.Drift.Tests;

/// <summary>A monitor that two threads feed for a minute, or for MLOPS_SOAK_MINUTES, while it is evaluated: bounded memory, and no row unaccounted for.</summary>
internal sealed class SoakTests
{
    private const int Observers = 2;
    private const string Minutes = "MLOPS_SOAK_MINUTES";

    /// <summary>Rows between two looks at the clock, or pauses.</summary>
    private const int Burst = 1_000;

    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x").Numeric("y").Categorical("zone").Prediction("predicted"));

    private static readonly string[] Zones = ["north", "south", "east", "west"];

    private static TimeSpan Duration => TimeSpan.FromMinutes(
        Environment.GetEnvironmentVariable(Minutes) is { Length: > 0 } minutes ? double.Parse(minutes, CultureInfo.InvariantCulture) : 1);

    [Test, Explicit("Takes a minute, or more"), Category("Long")]
    public async Task At_full_rate_memory_is_flat_and_every_row_is_taken_or_counted_as_dropped()
    {
        using DriftMonitor monitor = Monitor();

        Soaked soaked = await RunAsync(monitor, Duration, rowsPerSecond: double.PositiveInfinity);

        MonitorStatus status = monitor.Status;
        Report(soaked, status);
        Assert.That(status.Rows + status.DroppedRows, Is.EqualTo(soaked.Sent));
        Assert.That((status.FailedRows, status.MalformedRows, status.FutureRows, status.LateRows), Is.EqualTo((0L, 0L, 0L, 0L)));
        Assert.That(soaked.IncompleteAfterDrops, Is.EqualTo(soaked.ReportsAfterDrops), "a window that lacks a dropped row says so");
        Assert.That(soaked.BytesAtEnd, Is.LessThan(1.1 * soaked.BytesAtStart), "what is held does not grow with the rows");
    }

    [Test, Explicit("Takes two minutes, or more"), Category("Long")]
    public async Task At_half_the_rate_that_is_taken_in_nothing_is_lost()
    {
        double full;
        using (DriftMonitor measured = Monitor())
        {
            Soaked soaked = await RunAsync(measured, TimeSpan.FromSeconds(Math.Min(10, Duration.TotalSeconds)), double.PositiveInfinity);
            full = measured.Status.Rows / soaked.Elapsed.TotalSeconds;
        }

        using DriftMonitor monitor = Monitor();
        Soaked paced = await RunAsync(monitor, Duration, full / 2);

        MonitorStatus status = monitor.Status;
        TestContext.Out.WriteLine($"taken in at full rate: {full:N0} rows a second");
        Report(paced, status);
        Assert.That(status.DroppedRows, Is.Zero);
        Assert.That(status.Rows, Is.EqualTo(paced.Sent));
        Assert.That(paced.Sent, Is.GreaterThan(0.2 * full * paced.Elapsed.TotalSeconds), "the pace should be near the half");
        Assert.That(paced.IncompleteReports, Is.Zero);
        Assert.That(paced.BytesAtEnd, Is.LessThan(1.1 * paced.BytesAtStart), "what is held does not grow with the rows");
    }

    /// <summary>What comes while the buffer is taken in is left for the next time; taking in until it is empty would never end.</summary>
    [Test, CancelAfter(120_000)]
    public async Task A_look_ends_while_rows_go_on_coming(CancellationToken patience)
    {
        using DriftMonitor monitor = Monitor();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(patience);
        Task<long>[] observers = [.. Enumerable.Range(0, 2 * Observers).Select(thread => Task.Factory.StartNew(
            () => Observe(monitor, thread, double.PositiveInfinity, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        long before = -1;
        for (int looksWithNews = 0; looksWithNews < 5;)
        {
            long rows = (await Task.Run(() => monitor.Status, patience).WaitAsync(patience)).Rows;
            Assert.That(rows, Is.GreaterThanOrEqualTo(before));
            looksWithNews += rows > before ? 1 : 0;
            before = rows;
        }

        await stop.CancelAsync();
        long sent = (await Task.WhenAll(observers)).Sum();
        MonitorStatus status = monitor.Status;
        Assert.That(status.Rows + status.DroppedRows + status.Labels.DuplicatePredictions, Is.GreaterThanOrEqualTo(sent));
    }

    private static DriftMonitor Monitor()
    {
        Draws draws = new(1);
        DriftBatch reference = new DriftBatch(Schema).Numeric("x", draws.Normals(20_000)).Numeric("y", draws.Normals(20_000)).Numeric("predicted", draws.Normals(20_000))
            .Categorical("zone", [.. Enumerable.Range(0, 20_000).Select(i => Zones[i % Zones.Length])]);

        // The window is longer than the run, so a dropped row is missing from it to the end.
        DriftMonitor monitor = new("soak", Schema, new DriftMonitorOptions { WindowTime = TimeSpan.FromDays(30), MaximumWindowRows = 20_000, MaximumPendingPredictions = 10_000, ErrorWindowRows = 1_000 });
        monitor.Activate("1", ReferenceProfile.Build(reference), ErrorBaseline.From(draws.Normals(1_000), draws.Normals(1_000)));
        return monitor;
    }

    private static async Task<Soaked> RunAsync(DriftMonitor monitor, TimeSpan duration, double rowsPerSecond)
    {
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource stop = new();
        Task<long>[] observers = [.. Enumerable.Range(0, Observers).Select(thread => Task.Factory.StartNew(
            () => Observe(monitor, thread, rowsPerSecond / Observers, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Soaked soaked = new();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            long before = monitor.Status.DroppedRows;
            DriftReport report = await monitor.EvaluateAsync();
            soaked.Reports++;
            soaked.IncompleteReports += report.Incomplete ? 1 : 0;

            soaked.ReportsAfterDrops += before > 0 ? 1 : 0;
            soaked.IncompleteAfterDrops += before > 0 && report.Incomplete ? 1 : 0;

            // A third is warm-up: blocks, windows and pending predictions reach their size.
            if (soaked.BytesAtStart == 0 && Stopwatch.GetElapsedTime(started) > duration / 3)
                soaked.BytesAtStart = GC.GetTotalMemory(forceFullCollection: true);
            await Task.Delay(5);
        }

        soaked.BytesAtEnd = GC.GetTotalMemory(forceFullCollection: true);
        await stop.CancelAsync();
        soaked.Sent = (await Task.WhenAll(observers)).Sum();
        soaked.Elapsed = Stopwatch.GetElapsedTime(started);
        return soaked;
    }

    /// <summary>Sends rows and as many labels until it is stopped; answers how many rows.</summary>
    private static long Observe(DriftMonitor monitor, int thread, double rowsPerSecond, CancellationToken stop)
    {
        double[] values = new Draws(100 + thread).Normals(10_007);
        double[] numbers = new double[3];
        string?[] texts = new string?[1];
        long started = Stopwatch.GetTimestamp(), sent = 0;
        while (!stop.IsCancellationRequested)
        {
            for (int i = 0; i < Burst; i++, sent++)
            {
                numbers[0] = values[sent % values.Length];
                numbers[1] = values[(sent + 1) % values.Length];
                numbers[2] = values[(sent + 2) % values.Length];
                texts[0] = Zones[sent % Zones.Length];
                PredictionKey id = (PredictionKey)((sent * Observers) + thread);
                monitor.Observe(numbers, texts, id);
                monitor.ObserveLabel(id, numbers[2]);
            }

            while (!stop.IsCancellationRequested && sent > rowsPerSecond * Stopwatch.GetElapsedTime(started).TotalSeconds)
                Thread.Sleep(1);
        }

        return sent;
    }

    private static void Report(Soaked soaked, MonitorStatus status) => TestContext.Out.WriteLine(
        $"{soaked.Sent:N0} rows sent in {soaked.Elapsed.TotalSeconds:N0} s, {status.Rows:N0} taken in, {status.DroppedRows:N0} dropped; {soaked.Reports:N0} reports, "
        + $"{soaked.IncompleteReports:N0} incomplete; {soaked.BytesAtStart:N0} B held after warm-up, {soaked.BytesAtEnd:N0} B at the end");

    private sealed class Soaked
    {
        public long Sent { get; set; }
        public TimeSpan Elapsed { get; set; }
        public int Reports { get; set; }
        public int IncompleteReports { get; set; }
        public int ReportsAfterDrops { get; set; }
        public int IncompleteAfterDrops { get; set; }
        public long BytesAtStart { get; set; }
        public long BytesAtEnd { get; set; }
    }
}
