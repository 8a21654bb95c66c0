using CsCheck;

namespace Quickstart.Tests;

public sealed class BlindScheduleTests
{
    [Test]
    public void A_day_is_due_at_the_end_of_each_interval() =>
        Assert.That(Enumerable.Range(0, 10).Where(static day => BlindSchedule.IsDue(day, 3)), Is.EqualTo((int[])[2, 5, 8]));

    [Test]
    public void Evenly_spread_days_are_as_many_as_asked_and_apart_by_equal_steps() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[100, 5_000]).Sample(static (count, days) =>
        {
            IReadOnlyList<int> due = BlindSchedule.Evenly(count, days);
            double step = (double)days / (count + 1);

            Assert.That(due, Has.Count.EqualTo(count).And.All.InRange(0, days - 1));
            Assert.That(due.Select((day, i) => Math.Abs(day + 1 - ((i + 1) * step))), Has.All.LessThan(1));
        });
}
