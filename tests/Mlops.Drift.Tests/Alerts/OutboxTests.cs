namespace Mlops.Drift.Tests;

internal sealed class OutboxTests
{
    [Test]
    public async Task Beyond_its_capacity_the_oldest_is_given_up_for_those_who_lack_it()
    {
        List<(IDriftObserver Observer, int Event)> lost = [];
        Outbox<int> outbox = new(10, (observer, happened) => lost.Add((observer, happened)));
        Silent failing = new(), steady = new();
        outbox.AddObserver(failing);
        outbox.AddObserver(steady);
        List<int> told = [];
        for (int i = 0; i < Outbox<int>.Capacity; i++)
            outbox.Add(i);
        await outbox.DeliverAsync((observer, happened) => new(observer == steady));
        outbox.Add(-1);
        outbox.Add(-2);
        await outbox.DeliverAsync((observer, happened) =>
        {
            if (observer == failing)
                told.Add(happened);
            return new(true);
        });

        Assert.That(lost, Is.EqualTo(new[] { (failing, 0), (failing, 1) }));
        Assert.That(told, Is.EqualTo(Enumerable.Range(2, Outbox<int>.Capacity - 2).Append(-1).Append(-2)));
        Assert.That(outbox.IsEmpty);
    }

    [Test]
    public async Task What_is_told_meanwhile_waits_its_turn_and_what_replaces_it_is_told_to_all()
    {
        Outbox<string> outbox = new(10, static (_, _) => { });
        Silent first = new(), second = new();
        outbox.AddObserver(first);
        outbox.AddObserver(second);
        List<string> told = [];
        outbox.Add("a");
        await outbox.DeliverAsync((observer, happened) =>
        {
            told.Add($"{(observer == first ? 1 : 2)}{happened}");
            if (told.Count == 1)
                outbox.Add("b");
            if (told.Count == 3)
                outbox.Replace(["c", "d"]);
            return new(true);
        });

        Assert.That(told, Is.EqualTo(new[] { "1a", "2a", "1b", "2c", "1c", "2d", "1d" }));
        Assert.That(outbox.IsEmpty);
    }

    [Test]
    public async Task Without_observers_nothing_is_kept()
    {
        Outbox<int> outbox = new(10, static (_, _) => { });
        outbox.Add(1);
        await outbox.DeliverAsync(static (_, _) => new(true));

        Assert.That(outbox.IsEmpty);
    }

    private sealed class Silent : IDriftObserver
    {
        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => default;
    }
}
