namespace Mlops.Orchestration.Tests;

[TestFixture]
internal sealed class CronTimesTests
{
    [TestCase("30 2 * * *", "2026-03-07T02:30:00-05:00 2026-03-08T03:00:00-04:00* 2026-03-09T02:30:00-04:00")]
    [TestCase("0 3 * * *", "2026-03-07T03:00:00-05:00 2026-03-08T03:00:00-04:00 2026-03-09T03:00:00-04:00")]
    public void Where_clocks_skip_a_time_it_moves_to_the_end_of_the_gap(string cron, string expected) =>
        Assert.That(Show(cron, "2026-03-07T00:00:00-05:00", "2026-03-09T12:00:00-04:00"), Is.EqualTo(expected));

    [TestCase("30 1 * * *", "2026-10-31T01:30:00-04:00 2026-11-01T01:30:00-04:00? 2026-11-02T01:30:00-05:00")]
    [TestCase("0 2 * * *", "2026-10-31T02:00:00-04:00 2026-11-01T02:00:00-05:00 2026-11-02T02:00:00-05:00")]
    public void Where_clocks_show_a_time_twice_it_comes_once(string cron, string expected) =>
        Assert.That(Show(cron, "2026-10-31T00:00:00-04:00", "2026-11-02T12:00:00-05:00"), Is.EqualTo(expected));

    [Test]
    public void Days_with_a_change_of_clocks_have_23_and_25_hours()
    {
        PipelineSchedule schedule = PipelineSchedule.For<Ints, int>("a", "0 0 * * *", static _ => 1, new ScheduleOptions { TimeZone = "Europe/Helsinki" });
        IReadOnlyList<ScheduledTime> year = schedule.Preview(
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)));

        Assert.That(year, Has.Count.EqualTo(365));
        Assert.That(
            year.Where(static day => (day.Interval.End - day.Interval.Start).TotalHours != 24)
                .Select(static day => $"{day.Interval.Start:MM-dd} {(day.Interval.End - day.Interval.Start).TotalHours}"),
            Is.EqualTo((string[])["03-29 23", "10-25 25"]));
        Assert.That(year.Zip(year.Skip(1)), Has.All.Matches<(ScheduledTime Day, ScheduledTime Next)>(static pair => pair.Day.Interval.End == pair.Next.Interval.Start));
    }

    [TestCase("America/New_York")]
    [TestCase("Europe/London")]
    [TestCase("Europe/Helsinki")]
    [TestCase("Australia/Sydney")]
    public void Around_a_change_of_clocks_a_fixed_time_comes_once_a_day_and_an_interval_whenever_clocks_show_it(string id)
    {
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        DateTimeOffset[] changes = [.. Changes(zone)];
        foreach (DateTimeOffset change in changes)
        {
            CheckChange(zone, change, isUnmarked: false);
        }

        Assert.That(changes, Has.Length.GreaterThanOrEqualTo(22), "two a year");
    }

    /// <summary>Around every change of clocks there is: each distinct pair of offsets and local times of change once.</summary>
    [Test]
    [Explicit("Every zone of the machine, some of which no library describes exactly.")]
    [Category("Zones")]
    public void Around_every_change_of_clocks_a_fixed_time_comes_once_a_day_and_an_interval_whenever_clocks_show_it()
    {
        HashSet<string> seen = [];
        int changes = 0;
        int unmarked = 0;
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            foreach (DateTimeOffset change in Changes(zone))
            {
                TimeSpan before = zone.GetUtcOffset(change.AddMinutes(-1));
                TimeSpan after = zone.GetUtcOffset(change);
                if (seen.Add($"{before} {after} {change.Add(before).TimeOfDay} {change:yyyy-MM-dd}"))
                {
                    // Where a zone changes its standard time, .NET may not say that clocks skip an hour or show it twice, and intervals pass over times.
                    bool isUnmarked = after < before ? !zone.IsAmbiguousTime(change) : !zone.IsInvalidTime(change.Add(before).DateTime);
                    changes++;
                    unmarked += isUnmarked ? 1 : 0;
                    CheckChange(zone, change, isUnmarked);
                }
            }
        }

        TestContext.Out.WriteLine($"{changes} distinct changes of clocks, {unmarked} of them without a mark");
        Assert.That(changes, Is.GreaterThan(100));
        Assert.That(unmarked, Is.LessThan(changes / 5));
    }

    [TestCase("* * * * * *", 5)]
    [TestCase("0 0 29 2 *", 2)]
    [TestCase("0 0 1 1 *", 3)]
    public void The_last_times_are_those_of_the_whole_list(string cron, int count)
    {
        var times = new CronTimes(cron, "Europe/Helsinki");
        var end = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        DateTimeOffset start = cron.StartsWith("* *", StringComparison.Ordinal) ? end.AddMinutes(-7) : end.AddYears(-40);
        List<DateTimeOffset> all = [];
        for (DateTimeOffset? time = times.Next(start); time <= end; time = times.Next(time.Value))
        {
            all.Add(time.Value);
        }

        Assert.That(times.Last(start, end, count), Is.EqualTo(all.TakeLast(count)));
        Assert.That(times.Last(start, end, 100_000), Is.EqualTo(all));
        Assert.That(times.Last(end, end, 5), Is.Empty);
        Assert.That(times.Previous(end), Is.EqualTo(all[^1]));
    }

    [Test]
    public void A_time_that_never_comes_is_no_time() =>
        Assert.That((new CronTimes("0 0 31 2 *", "UTC").Next(DateTimeOffset.UnixEpoch), new CronTimes("0 0 31 2 *", "UTC").Previous(DateTimeOffset.UnixEpoch)), Is.EqualTo(((DateTimeOffset?)null, (DateTimeOffset?)null)));

    private static void CheckChange(TimeZoneInfo zone, DateTimeOffset change, bool isUnmarked)
    {
        DateTimeOffset from = change.AddDays(-1.5);
        DateTimeOffset to = change.AddDays(1.5);
        foreach (string cron in (string[])["30 2 * * *", "0 0 * * *", "15 1 * * *", "59 23 * * *"])
        {
            var expression = new CronTimes(cron, zone.Id);
            List<DateTimeOffset> times = expression.Last(from, to, 1_000);
            Assert.That(times, Is.Ordered.And.Unique, $"{zone.Id} {cron}");
            DateTime first = TimeZoneInfo.ConvertTime(from, zone).Date;
            DateTime last = TimeZoneInfo.ConvertTime(to, zone).Date;

            // The first and the last day are seen in part. A time that clocks skip at the end of a day comes at the beginning of the next.
            IEnumerable<DateTime> days = times.Where(time => !expression.IsMoved(time)).Select(static time => time.DateTime.Date).Where(day => day > first && day < last);
            Assert.That(days, Is.Unique, $"{zone.Id} {cron} around {change:O}");
            Assert.That(times, Has.Count.InRange(2, 4), $"{zone.Id} {cron} around {change:O}");
        }

        DateTimeOffset before = from;
        for (DateTimeOffset? time = new CronTimes("*/15 * * * *", zone.Id).Next(from); time <= to; time = new CronTimes("*/15 * * * *", zone.Id).Next(time.Value))
        {
            Assert.That(time, Is.GreaterThan(before), $"{zone.Id} stands still around {change:O}");
            before = time.Value;
        }

        List<DateTimeOffset> quarters = new CronTimes("*/15 * * * *", zone.Id).Last(from, to, 10_000);
        List<DateTimeOffset> shown = [];
        for (DateTimeOffset minute = new(from.Year, from.Month, from.Day, from.Hour, from.Minute, 0, TimeSpan.Zero); minute <= to; minute = minute.AddMinutes(1))
        {
            if (minute > from && TimeZoneInfo.ConvertTime(minute, zone).Minute % 15 == 0)
            {
                shown.Add(minute);
            }
        }

        if (isUnmarked)
        {
            Assert.That(quarters, Is.SubsetOf(shown).And.Count.GreaterThanOrEqualTo(shown.Count - 12), $"{zone.Id} around {change:O}");
        }
        else
        {
            Assert.That(quarters.Select(static time => time.UtcDateTime), Is.EqualTo(shown.Select(static time => time.UtcDateTime)), $"{zone.Id} around {change:O}");
        }
    }

    /// <summary>The instants from 2020 to 2030 at which the offset changes, to the minute.</summary>
    private static IEnumerable<DateTimeOffset> Changes(TimeZoneInfo zone)
    {
        var end = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (DateTimeOffset day = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero); day < end; day = day.AddDays(1))
        {
            if (zone.GetUtcOffset(day) == zone.GetUtcOffset(day.AddDays(1)))
            {
                continue;
            }

            DateTimeOffset low = day;
            DateTimeOffset high = day.AddDays(1);
            while (high - low > TimeSpan.FromMinutes(1))
            {
                DateTimeOffset middle = low.AddMinutes(Math.Floor((high - low).TotalMinutes / 2));
                (low, high) = zone.GetUtcOffset(middle) == zone.GetUtcOffset(day) ? (middle, high) : (low, middle);
            }

            yield return high;
        }
    }

    private static string Show(string cron, string from, string to)
    {
        PipelineSchedule schedule = PipelineSchedule.For<Ints, int>("a", cron, static _ => 1, new ScheduleOptions { TimeZone = "America/New_York" });
        return string.Join(' ', schedule.Preview(DateTimeOffset.Parse(from), DateTimeOffset.Parse(to))
            .Select(static time => $"{time.DueAt:yyyy-MM-ddTHH:mm:sszzz}{(time.IsMoved ? "*" : "")}{(time.IsAmbiguous ? "?" : "")}"));
    }

    private sealed class Ints : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p) => p.Step("a", static _ => Task.FromResult(1));
    }
}
