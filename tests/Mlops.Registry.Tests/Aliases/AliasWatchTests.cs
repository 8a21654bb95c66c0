using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Registry.Tests.Aliases;

/// <summary>What is news to a watch, whatever order changes, polls and reads come in.</summary>
[TestFixture]
public sealed class AliasWatchTests
{
    [Test]
    public void The_first_thing_that_is_read_is_no_news_and_the_first_that_is_raised_is()
    {
        Assert.That(Fires(watch => watch.Observe(new(1, 4))), Is.Zero);
        Assert.That(Fires(watch => watch.Raise(new(1, 4))), Is.EqualTo(1));
        Assert.That(Fires(watch => watch.Raise(default)), Is.EqualTo(1));
    }

    [Test]
    public void A_change_that_is_raised_and_polled_fires_once_whichever_comes_first()
    {
        Assert.That(Fires(watch => { watch.Observe(new(1, 1)); watch.Raise(new(1, 2)); watch.Raise(new(1, 2)); watch.Observe(new(1, 2)); }), Is.EqualTo(1));
        Assert.That(Fires(watch => { watch.Observe(new(1, 1)); watch.Observe(new(1, 2)); watch.Raise(new(1, 2)); }), Is.EqualTo(1));
    }

    [Test]
    public void A_poll_that_was_overtaken_by_a_change_is_no_news() =>
        Assert.That(Fires(watch => { watch.Observe(new(1, 1)); watch.Raise(new(1, 3)); watch.Raise(new(1, 2)); watch.Raise(new(1, 1)); }), Is.EqualTo(1));

    [Test]
    public void Another_model_under_the_name_is_news_whatever_its_number()
    {
        foreach (long sequence in (long[])[1, 5, 9])
        {
            Assert.That(Fires(watch => { watch.Observe(new(1, 5)); watch.Raise(new(2, sequence)); }), Is.EqualTo(1), $"{sequence}");
        }

        Assert.That(Fires(watch => { watch.Observe(new(1, 5)); watch.Raise(default); watch.Raise(default); watch.Raise(new(1, 5)); }), Is.EqualTo(2), "gone and back");
    }

    [Test]
    public void It_fires_at_news_and_at_nothing_else_in_any_order() => Gen.Select(Gen.Long[0, 2], Gen.Long[0, 3], Gen.Bool).Array[1, 30].Sample(seen =>
    {
        int fired = 0;
        using var watch = new AliasWatch("m", "a", NullLogger.Instance, () => fired++);
        AliasPosition? newest = null;
        foreach ((long model, long sequence, bool isRead) in seen)
        {
            AliasPosition current = model == 0 || sequence == 0 ? default : new AliasPosition(model, sequence);
            bool isFirst = newest is null;
            bool isNews = newest is not { } known || known.Model != current.Model || current.Sequence > known.Sequence;
            int before = fired;
            if (isRead)
            {
                watch.Observe(current);
            }
            else
            {
                watch.Raise(current);
            }

            Assert.That(fired - before, Is.EqualTo(isNews && !(isFirst && isRead) ? 1 : 0));
            newest = isNews ? current : newest;
        }
    });

    private static int Fires(Action<AliasWatch> calls)
    {
        int fired = 0;
        using var watch = new AliasWatch("m", "a", NullLogger.Instance, () => fired++);
        calls(watch);
        return fired;
    }
}
