namespace Mlops.Drift.Tests;

internal sealed class PendingPredictionTests
{
    private const int Limit = 100;

    [Test]
    public void Whether_a_prediction_is_kept_does_not_depend_on_when_it_came()
    {
        for (int count = Limit; count < Limit + 40; count++)
        {
            List<Ride> rides = new Draws(3).Rides(count);

            List<string> forwards = Joined(rides), backwards = Joined([.. rides.AsEnumerable().Reverse()]);

            Assert.That(backwards, Is.EquivalentTo(forwards), $"of {count}");
            Assert.That(forwards, Has.Count.EqualTo(count).Or.Count.LessThan(Limit), "the limit itself is no reason to sample");
        }
    }

    [TestCase(48, 1)]
    [TestCase(49, 0)]
    public void An_early_label_waits_for_its_prediction_as_long_as_a_prediction_for_its_label(int hours, int early)
    {
        using DriftMonitor<Ride> monitor = New(static options => options.MaximumLabelDelay = TimeSpan.FromHours(48));
        List<Ride> rides = new Draws(3).Rides(50);
        monitor.Observe(rides[0]);
        monitor.ObserveLabel("late", 1);
        monitor.Observe(rides[hours]);
        monitor.Observe(rides[hours] with { Id = "late" });

        LabelCounts labels = monitor.Status.Labels;

        Assert.That((labels.Early, labels.Joined, labels.Unknown), Is.EqualTo(((long)early, (long)early, 1L - early)));
    }

    [TestCase(48, 1)]
    [TestCase(49, 0)]
    public void A_prediction_waits_for_its_label_until_the_delay_is_over(int hours, int joined)
    {
        using DriftMonitor<Ride> monitor = New(static options => options.MaximumLabelDelay = TimeSpan.FromHours(48));
        List<Ride> rides = new Draws(3).Rides(50);
        monitor.Observe(rides[0]);
        monitor.Observe(rides[hours]);
        monitor.ObserveLabel(rides[0].Id, 1);

        LabelCounts labels = monitor.Status.Labels;

        Assert.That((labels.Joined, labels.Expired, labels.PredictionsExpired), Is.EqualTo(((long)joined, 1L - joined, 1L - joined)));
    }

    private static List<string> Joined(List<Ride> rides)
    {
        using DriftMonitor<Ride> monitor = New(static options => (options.MaximumPendingPredictions, options.MaximumLabelDelay) = (Limit, TimeSpan.FromDays(365)));
        foreach (Ride ride in rides)
            monitor.Observe(ride);
        List<string> joined = [];
        foreach (Ride ride in rides)
        {
            monitor.ObserveLabel(ride.Id, 0);
            if (monitor.Status.Labels.Joined > joined.Count)
                joined.Add(ride.Id);
        }

        Assert.That(joined.Count + monitor.Status.Labels.Unsampled, Is.EqualTo(rides.Count));
        return joined;
    }

    private static DriftMonitor<Ride> New(Action<DriftMonitorOptions> configure)
    {
        DriftMonitorOptions options = new();
        configure(options);
        return new DriftMonitor<Ride>("rides", Ride.Schema, options);
    }
}
