using System.Runtime.CompilerServices;

namespace Mlops.Drift.Tests;

internal sealed class AlertTests
{
    private static readonly DriftSchema<double[]> Schema = DriftSchema.For<double[]>(static s => s
        .Numeric(static row => row[0], "a").Numeric(static row => row[1], "b").Numeric(static row => row[2], "c").Numeric(static row => row[3], "d"));

    [TestCase(1, AlertSeverity.Warning)]
    [TestCase(2, AlertSeverity.Warning)]
    [TestCase(3, AlertSeverity.Critical)]
    [TestCase(4, AlertSeverity.Critical)]
    public async Task Drift_of_more_than_half_of_the_columns_is_critical(int drifted, AlertSeverity severity)
    {
        List<DriftAlert> alerts = [];
        using DriftMonitor<double[]> monitor = New(new Observer(alerts.Add));
        Observe(monitor, drifted);
        await monitor.EvaluateAsync();

        Assert.That(alerts.Select(static a => (a.Features.Count, a.Severity)), Is.EqualTo(new[] { (drifted, severity) }));
    }

    [Test]
    public async Task A_reader_that_has_left_keeps_no_alerts()
    {
        List<WeakReference> told = [];
        using DriftMonitor<double[]> monitor = New(new Observer(alert => told.Add(new WeakReference(alert))));
        using CancellationTokenSource leaving = new();
        Task reading = ReadAsync(monitor, leaving.Token);
        await leaving.CancelAsync();
        await reading;
        await DriftAsync(monitor);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.That(told.Select(static alert => alert.IsAlive), Is.EqualTo(new[] { false }));
    }

    [Test]
    public async Task A_reader_that_stays_hears_of_the_alert()
    {
        using DriftMonitor<double[]> monitor = New();
        await using IAsyncEnumerator<DriftAlert> reader = monitor.ReadAlertsAsync().GetAsyncEnumerator();
        ValueTask<bool> next = reader.MoveNextAsync();
        await DriftAsync(monitor);

        Assert.That(await next);
        Assert.That(reader.Current.Kind, Is.EqualTo(AlertKind.Data));
        monitor.Dispose();
        Assert.That(await reader.MoveNextAsync(), Is.False);
    }

    private static async Task ReadAsync(DriftMonitor<double[]> monitor, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (DriftAlert _ in monitor.ReadAlertsAsync(cancellationToken))
                Assert.Fail("nothing has happened yet");
        }
        catch (OperationCanceledException)
        {
            // It leaves.
        }
    }

    // Apart, so that no local of the test keeps the alert.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task DriftAsync(DriftMonitor<double[]> monitor)
    {
        Observe(monitor, drifted: 4);
        await monitor.EvaluateAsync();
    }

    private static DriftMonitor<double[]> New(params IDriftObserver[] observers)
    {
        DriftMonitor<double[]> monitor = new(
            "rides", Schema, new() { WindowRows = 400, DataAlerts = { Confirmations = 1 } }, new DriftMonitorServices { Observers = observers });
        Draws draws = new(1);
        monitor.Activate("v1", ReferenceProfile.Build(Schema, Enumerable.Range(0, 2_000).Select(_ => draws.Normals(4))));
        return monitor;
    }

    private static void Observe(DriftMonitor<double[]> monitor, int drifted)
    {
        Draws draws = new(2);
        for (int i = 0; i < 400; i++)
        {
            double[] row = draws.Normals(4);
            for (int column = 0; column < drifted; column++)
                row[column] += 2;
            monitor.Observe(row);
        }
    }

    private sealed class Observer(Action<DriftAlert> onAlert) : IDriftObserver
    {
        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
        {
            onAlert(alert);
            return ValueTask.CompletedTask;
        }
    }
}
