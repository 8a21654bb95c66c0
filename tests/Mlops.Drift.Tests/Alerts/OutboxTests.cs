using Microsoft.Extensions.Time.Testing;
using Mlops.Webhooks;

namespace Mlops.Drift.Tests;

internal sealed class OutboxTests
{
    private static readonly InvalidOperationException Away = new("the database is away");

    private readonly List<(IDriftObserver Observer, string Event)> _lost = [];
    private FakeTimeProvider _time = new();
    private Outbox<string> _outbox = null!;

    [SetUp]
    public void SetUp()
    {
        _lost.Clear();
        _time = new FakeTimeProvider();
        _outbox = new Outbox<string>(_time, (observer, happened) => _lost.Add((observer, happened)));
    }

    [Test]
    public void Beyond_its_capacity_the_oldest_is_given_up_for_those_who_lack_it()
    {
        OutboxPlace failing = _outbox.AddObserver(new Silent()), steady = _outbox.AddObserver(new Silent());
        for (int i = 0; i < Outbox<string>.Capacity; i++)
            _outbox.Add($"{i}");
        TakeAll(steady);
        _outbox.Trim();
        _outbox.Add("x");
        _outbox.Add("y");

        Assert.That(_lost, Is.EqualTo(new[] { (failing.Observer, "0"), (failing.Observer, "1") }));
        Assert.That(TakeAll(failing), Is.EqualTo(Enumerable.Range(2, Outbox<string>.Capacity - 2).Select(static i => $"{i}").Append("x").Append("y")));
        Assert.That(TakeAll(steady), Is.EqualTo(new[] { "x", "y" }));
        _outbox.Trim();
        Assert.That(_outbox.IsEmpty);
    }

    [Test]
    public void Waits_double_from_a_second_to_five_minutes_and_begin_anew_after_a_success()
    {
        OutboxPlace place = _outbox.AddObserver(new Silent());
        _outbox.Add("a");
        List<double> waits = [];
        for (int i = 0; i < 12; i++)
            waits.Add(SecondsUntilDue(place, Away));

        Assert.That(waits, Is.EqualTo(new double[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300 }));
        TakeAll(place);
        _outbox.Add("b");
        Assert.That(SecondsUntilDue(place, Away), Is.EqualTo(1));
    }

    [TestCase(0.5, 1)]
    [TestCase(90, 90)]
    [TestCase(90_000, 86_400)]
    public void What_a_receiver_asks_for_is_waited_a_day_at_most(double asked, double waited)
    {
        OutboxPlace place = _outbox.AddObserver(new Silent());
        _outbox.Add("a");

        Assert.That(SecondsUntilDue(place, Refusal(isTransient: true, TimeSpan.FromSeconds(asked))), Is.EqualTo(waited));
    }

    [Test]
    public void What_is_refused_for_good_is_given_up_at_once_and_the_next_told()
    {
        OutboxPlace place = _outbox.AddObserver(new Silent());
        _outbox.Add("a");
        _outbox.Add("b");
        Fail(place, Refusal(isTransient: false));

        Assert.That(_lost, Is.EqualTo(new[] { (place.Observer, "a") }));
        Assert.That(TakeAll(place), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public void What_is_a_day_old_when_its_observer_fails_is_given_up_and_what_is_younger_waits()
    {
        OutboxPlace place = _outbox.AddObserver(new Silent()), other = _outbox.AddObserver(new Silent());
        _outbox.Add("a");
        _outbox.Add("b");
        _time.Advance(TimeSpan.FromHours(1));
        _outbox.Add("c");
        _time.Advance(TimeSpan.FromHours(23) - TimeSpan.FromTicks(1));
        Fail(place, Away);
        Assert.That(_lost, Is.Empty);
        _time.Advance(TimeSpan.FromSeconds(1));
        Fail(place, Away);

        Assert.That(_lost, Is.EqualTo(new[] { (place.Observer, "a"), (place.Observer, "b") }));
        Assert.That(_outbox.TryPeek(place, mayHurry: false, out _, out _), Is.False, "its observer fails still");
        Assert.That(_outbox.TryPeek(place, mayHurry: true, out string? next, out _) ? next : null, Is.EqualTo("c"));
        Assert.That(TakeAll(other), Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public void What_replaces_events_is_told_to_all_also_amid_a_call()
    {
        OutboxPlace first = _outbox.AddObserver(new Silent()), second = _outbox.AddObserver(new Silent());
        _outbox.Add("a");
        _outbox.TryPeek(first, mayHurry: false, out _, out long number);
        _outbox.TryPeek(second, mayHurry: false, out _, out long same);
        _outbox.Replace(["c", "d"]);
        _outbox.Take(first, number);
        _outbox.Fail(second, same, Refusal(isTransient: false));

        Assert.That(_lost, Is.Empty);
        Assert.That(TakeAll(first), Is.EqualTo(new[] { "c", "d" }));
        Assert.That(TakeAll(second), Is.EqualTo(new[] { "c", "d" }));
    }

    [Test]
    public void Without_observers_nothing_is_kept()
    {
        _outbox.Add("a");
        _outbox.Trim();

        Assert.That(_outbox.IsEmpty);
    }

    private static WebhookException Refusal(bool isTransient, TimeSpan? retryAfter = null) => new("no", "example.org", 1, null, isTransient, retryAfter);

    private double SecondsUntilDue(OutboxPlace place, Exception failure)
    {
        Fail(place, failure);
        double seconds = 0;
        for (; !_outbox.TryPeek(place, mayHurry: false, out _, out _); seconds++)
            _time.Advance(TimeSpan.FromSeconds(1));
        return seconds;
    }

    private void Fail(OutboxPlace place, Exception failure)
    {
        Assert.That(_outbox.TryPeek(place, mayHurry: false, out _, out long number));
        _outbox.Fail(place, number, failure);
    }

    private List<string> TakeAll(OutboxPlace place)
    {
        List<string> taken = [];
        while (_outbox.TryPeek(place, mayHurry: false, out string? happened, out long number))
        {
            taken.Add(happened);
            _outbox.Take(place, number);
        }

        return taken;
    }

    private sealed class Silent : IDriftObserver
    {
        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => default;
    }
}
