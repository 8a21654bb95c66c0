namespace Quickstart.Tests;

public sealed class UsHolidaysTests
{
    // The days on which federal offices were closed by law, as the Office of Personnel Management published them: New Year, King, Washington,
    // Memorial, Independence, Labor, Columbus, Veterans, Thanksgiving, Christmas. A year's New Year may fall on the 31st before it.
    private const string Published =
        """
        2001-01-01 2001-01-15 2001-02-19 2001-05-28 2001-07-04 2001-09-03 2001-10-08 2001-11-12 2001-11-22 2001-12-25
        2002-01-01 2002-01-21 2002-02-18 2002-05-27 2002-07-04 2002-09-02 2002-10-14 2002-11-11 2002-11-28 2002-12-25
        2003-01-01 2003-01-20 2003-02-17 2003-05-26 2003-07-04 2003-09-01 2003-10-13 2003-11-11 2003-11-27 2003-12-25
        2004-01-01 2004-01-19 2004-02-16 2004-05-31 2004-07-05 2004-09-06 2004-10-11 2004-11-11 2004-11-25 2004-12-24
        2004-12-31 2005-01-17 2005-02-21 2005-05-30 2005-07-04 2005-09-05 2005-10-10 2005-11-11 2005-11-24 2005-12-26
        2006-01-02 2006-01-16 2006-02-20 2006-05-29 2006-07-04 2006-09-04 2006-10-09 2006-11-10 2006-11-23 2006-12-25
        2007-01-01 2007-01-15 2007-02-19 2007-05-28 2007-07-04 2007-09-03 2007-10-08 2007-11-12 2007-11-22 2007-12-25
        2008-01-01 2008-01-21 2008-02-18 2008-05-26 2008-07-04 2008-09-01 2008-10-13 2008-11-11 2008-11-27 2008-12-25
        2009-01-01 2009-01-19 2009-02-16 2009-05-25 2009-07-03 2009-09-07 2009-10-12 2009-11-11 2009-11-26 2009-12-25
        2010-01-01 2010-01-18 2010-02-15 2010-05-31 2010-07-05 2010-09-06 2010-10-11 2010-11-11 2010-11-25 2010-12-24
        2010-12-31 2011-01-17 2011-02-21 2011-05-30 2011-07-04 2011-09-05 2011-10-10 2011-11-11 2011-11-24 2011-12-26
        2012-01-02 2012-01-16 2012-02-20 2012-05-28 2012-07-04 2012-09-03 2012-10-08 2012-11-12 2012-11-22 2012-12-25
        2013-01-01 2013-01-21 2013-02-18 2013-05-27 2013-07-04 2013-09-02 2013-10-14 2013-11-11 2013-11-28 2013-12-25
        2014-01-01 2014-01-20 2014-02-17 2014-05-26 2014-07-04 2014-09-01 2014-10-13 2014-11-11 2014-11-27 2014-12-25
        2015-01-01 2015-01-19 2015-02-16 2015-05-25 2015-07-03 2015-09-07 2015-10-12 2015-11-11 2015-11-26 2015-12-25
        2016-01-01 2016-01-18 2016-02-15 2016-05-30 2016-07-04 2016-09-05 2016-10-10 2016-11-11 2016-11-24 2016-12-26
        2017-01-02
        """;

    // By the column of the table above.
    private static readonly HolidayKind[] Kinds =
    [
        HolidayKind.Major, HolidayKind.Minor, HolidayKind.Minor, HolidayKind.Major, HolidayKind.Major,
        HolidayKind.Major, HolidayKind.Minor, HolidayKind.Minor, HolidayKind.Major, HolidayKind.Major,
    ];

    [Test]
    public void Working_days_are_holidays_exactly_when_the_published_table_says_so()
    {
        Dictionary<DateOnly, HolidayKind> published = PublishedDays();
        for (DateOnly date = new(2001, 1, 1); date <= new DateOnly(2017, 1, 2); date = date.AddDays(1))
        {
            if (IsWeekend(date))
                continue;
            HolidayKind expected = published.TryGetValue(date, out HolidayKind kind) ? kind : IsBridge(date) ? HolidayKind.Bridge : HolidayKind.None;
            Assert.That(UsHolidays.KindOf(date), Is.EqualTo(expected), $"{date:yyyy-MM-dd}, a {date.DayOfWeek}");
        }
    }

    [Test]
    public void On_weekends_only_the_day_itself_is_one()
    {
        for (DateOnly date = new(2001, 1, 1); date <= new DateOnly(2016, 12, 31); date = date.AddDays(1))
        {
            if (!IsWeekend(date))
                continue;
            HolidayKind expected = (date.Month, date.Day) switch
            {
                (1, 1) or (7, 4) or (12, 25) => HolidayKind.Major,
                (11, 11) => HolidayKind.Minor,
                _ => IsBridge(date) ? HolidayKind.Bridge : HolidayKind.None,
            };
            Assert.That(UsHolidays.KindOf(date), Is.EqualTo(expected), $"{date:yyyy-MM-dd}, a {date.DayOfWeek}");
        }
    }

    [TestCase("2020-06-19", HolidayKind.None)]
    [TestCase("2021-06-18", HolidayKind.Minor)]
    [TestCase("2022-06-20", HolidayKind.Minor)]
    [TestCase("2023-06-19", HolidayKind.Minor)]
    public void Juneteenth_counts_since_2021(string date, HolidayKind expected) =>
        Assert.That(UsHolidays.KindOf(DateOnly.ParseExact(date, "yyyy-MM-dd")), Is.EqualTo(expected));

    private static Dictionary<DateOnly, HolidayKind> PublishedDays()
    {
        string[] days = Published.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return Enumerable.Range(0, days.Length).ToDictionary(i => DateOnly.ParseExact(days[i], "yyyy-MM-dd"), i => Kinds[i % Kinds.Length]);
    }

    private static bool IsBridge(DateOnly date) => (date.Month, date.Day) is (12, 24) or (12, 26) or (12, 31) or (1, 2);

    private static bool IsWeekend(DateOnly date) => date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
}
