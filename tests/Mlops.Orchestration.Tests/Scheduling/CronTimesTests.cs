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

    /// <summary>Midnight in Ittoqqortoormiit, a change of standard time, one of half an hour, one of two hours, and one at a minute past midnight; by Python's zoneinfo.</summary>
    [TestCase("America/Scoresbysund", "2020-03-29T00:20:00Z", "00:30 00:45 01:00 01:15 01:30 01:45 02:00")]
    [TestCase("America/Ciudad_Juarez", "2022-11-30T05:40:00Z", "05:45 06:00 06:15 06:30 06:45 07:00 07:15")]
    [TestCase("Australia/Lord_Howe", "2026-04-04T14:10:00Z", "14:15 14:30 14:45 15:00 15:15 15:30 15:45")]
    [TestCase("Antarctica/Troll", "2026-03-29T00:40:00Z", "00:45 01:00 01:15 01:30 01:45 02:00 02:15")]
    [TestCase("Antarctica/Casey", "2020-10-03T15:40:00Z", "15:45 16:00 16:01 16:15 16:30 16:45 17:00")]
    [TestCase("Europe/Volgograd", "2020-12-26T21:20:00Z", "21:30 21:45 22:00 22:15 22:30 22:45 23:00")]
    public void An_interval_goes_on_where_a_zone_changes_its_rules(string zone, string from, string expected)
    {
        var times = new CronTimes("*/15 * * * *", zone);
        List<string> shown = [];
        for (DateTimeOffset? time = times.Next(DateTimeOffset.Parse(from)); shown.Count < 7; time = times.Next(time.Value))
        {
            shown.Add($"{time!.Value.UtcDateTime:HH:mm}");
        }

        Assert.That(string.Join(' ', shown), Is.EqualTo(expected));
    }

    /// <summary>Three days around every change of clocks from 2020 to 2030, once for all zones that share their changes.</summary>
    [Test]
    public void Around_a_change_of_clocks_times_are_those_that_clocks_show_minute_by_minute()
    {
        HashSet<string> histories = [];
        int changes = 0;
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            DateTimeOffset[] own = [.. Changes(zone)];
            if (own.Length > 0 && histories.Add(string.Join(' ', own.Select(change => $"{change:O}{zone.GetUtcOffset(change.AddMinutes(-1))}{zone.GetUtcOffset(change)}"))))
            {
                changes += own.Length;
                CheckChanges(zone, own);
            }
        }

        TestContext.Out.WriteLine($"{histories.Count} distinct histories, {changes} changes of clocks");
        Assert.That(histories, Has.Count.GreaterThan(30));
        Assert.That(changes, Is.GreaterThan(500));
    }

    [Test]
    [Explicit("Every change of clocks of every zone of the machine.")]
    [Category("Long")]
    public void Around_every_change_of_clocks_of_every_zone_times_are_those_that_clocks_show_minute_by_minute()
    {
        int zones = 0;
        int changes = 0;
        foreach (TimeZoneInfo zone in TimeZoneInfo.GetSystemTimeZones())
        {
            DateTimeOffset[] own = [.. Changes(zone)];
            zones += own.Length > 0 ? 1 : 0;
            changes += own.Length;
            CheckChanges(zone, own);
        }

        TestContext.Out.WriteLine($"{zones} zones that set their clocks, {changes} changes");
        Assert.That(zones, Is.GreaterThan(100));
    }

    [TestCase("@hourly", 2)]
    [TestCase("0 0-5 * * *", 2)]
    [TestCase("0 1/1 * * *", 2)]
    [TestCase("0 1,2 * * *", 1)]
    [TestCase("@daily", 0)]
    public void What_has_a_star_a_range_or_a_step_goes_on_through_an_hour_that_clocks_show_twice(string cron, int count)
    {
        var times = new CronTimes(cron, "America/New_York");
        List<DateTimeOffset> one = times.Last(DateTimeOffset.Parse("2026-11-01T00:59:00-04:00"), DateTimeOffset.Parse("2026-11-01T01:59:00-05:00"), 10);

        Assert.That(one, Has.Count.EqualTo(count));
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

    private static readonly (string Cron, bool IsInterval, Func<DateTime, bool> Matches)[] Expressions =
    [
        ("*/15 * * * *", true, static t => t.Minute % 15 == 0),
        ("10 * * * *", true, static t => t.Minute == 10),
        ("0 */2 * * *", true, static t => t is { Minute: 0 } && t.Hour % 2 == 0),
        ("20 0-2 * * *", true, static t => t is { Minute: 20, Hour: <= 2 }),
        ("30 2 * * *", false, static t => t is { Hour: 2, Minute: 30 }),
        ("0 0 * * *", false, static t => t is { Hour: 0, Minute: 0 }),
        ("15 1 * * *", false, static t => t is { Hour: 1, Minute: 15 }),
        ("59 23 * * *", false, static t => t is { Hour: 23, Minute: 59 }),
        ("0,45 1,2 * * *", false, static t => t is { Hour: 1 or 2, Minute: 0 or 45 }),
    ];

    private static void CheckChanges(TimeZoneInfo zone, DateTimeOffset[] changes)
    {
        foreach ((string cron, bool isInterval, Func<DateTime, bool> matches) in Expressions)
        {
            var times = new CronTimes(cron, zone.Id);
            foreach (DateTimeOffset change in changes)
            {
                DateTimeOffset from = change.AddDays(-1.5);
                DateTimeOffset to = change.AddDays(1.5);
                List<DateTimeOffset> actual = [];
                for (DateTimeOffset? time = times.Next(from); time <= to && actual.Count < 1_000; time = times.Next(time.Value))
                {
                    actual.Add(time.Value);
                }

                // Not the constraint for collections: there are thousands of them.
                if (!actual.Select(static time => time.UtcDateTime).SequenceEqual(ByMinutes(zone, from, to, isInterval, matches)))
                {
                    Assert.That(actual.Select(static time => time.UtcDateTime), Is.EqualTo(ByMinutes(zone, from, to, isInterval, matches)), $"{zone.Id} '{cron}' around {change:O}");
                }

                Assert.That(actual.Exists(time => time.Offset != zone.GetUtcOffset(time)), Is.False, $"{zone.Id} '{cron}' around {change:O}: the zone's own offset");
            }
        }
    }

    /// <summary>Looks at the clock every minute: a reading that matches is a time, for a fixed time only when it is first shown; skipped ones come when the clock is set.</summary>
    private static List<DateTime> ByMinutes(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to, bool isInterval, Func<DateTime, bool> matches)
    {
        List<DateTime> times = [];
        DateTime minute = new DateTime(from.Year, from.Month, from.Day, from.Hour, from.Minute, 0, DateTimeKind.Utc);
        DateTime latest = minute + zone.GetUtcOffset(minute);
        for (minute = minute.AddMinutes(1); minute <= to.UtcDateTime; minute = minute.AddMinutes(1))
        {
            DateTime reading = minute + zone.GetUtcOffset(minute);
            bool isDue = matches(reading) && (isInterval || reading > latest);
            for (DateTime skipped = latest.AddMinutes(1); skipped < reading; skipped = skipped.AddMinutes(1))
            {
                isDue |= matches(skipped);
            }

            if (isDue)
            {
                times.Add(minute);
            }

            latest = reading > latest ? reading : latest;
        }

        return times;
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
