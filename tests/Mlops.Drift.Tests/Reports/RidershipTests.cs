using System.Globalization;

namespace Mlops.Drift.Tests;

/// <summary>Sixteen years of real days: the counts drift, the weather does not. docs/drift/ridership.md has every column.</summary>
internal sealed class RidershipTests
{
    private static readonly DateOnly Judged = new(2004, 1, 1);
    private static readonly Lazy<(string[] Columns, Day[] Days)> File = new(Read);
    private static readonly Lazy<Dictionary<string, string[]>> Measured = new(static () => Alarms(RowDependence.Measured));
    private static readonly Lazy<Dictionary<string, string[]>> Independent = new(static () => Alarms(RowDependence.Independent));

    [TestCase("lag14_clark_lake")]
    [TestCase("lag14_austin")]
    [TestCase("lag14_monroe")]
    [TestCase("lag14_belmont")]
    public void Counts_alarm_in_four_of_five_quarters_from_2008_on(string column)
    {
        const int Quarters = 34;
        Assert.That(Measured.Value[column].Count(static q => string.CompareOrdinal(q, "2008") >= 0), Is.GreaterThanOrEqualTo(0.8 * Quarters));
    }

    [TestCase("temp_min")]
    [TestCase("temp")]
    [TestCase("temp_max")]
    [TestCase("dew")]
    [TestCase("precip")]
    [TestCase("bears_home")]
    [TestCase("white_sox_home")]
    [TestCase("cubs_home")]
    [TestCase("bulls_home")]
    public void Seasons_and_calendars_never_alarm(string column) => Assert.That(Measured.Value[column], Is.Empty);

    [TestCase("temp_change")]
    [TestCase("humidity")]
    [TestCase("pressure")]
    [TestCase("wind_max")]
    [TestCase("weather_rain")]
    [TestCase("weather_snow")]
    [TestCase("weather_storm")]
    public void Other_weather_alarms_in_at_most_five_of_fifty_quarters(string column) =>
        Assert.That(Measured.Value[column], Has.Length.LessThanOrEqualTo(5));

    [TestCase("temp_min")]
    [TestCase("temp")]
    [TestCase("temp_max")]
    public void Rows_taken_for_independent_alarm_on_ordinary_weather(string column) =>
        Assert.That(Independent.Value[column], Has.Length.GreaterThan(5), "the data should show the problem");

    /// <summary>The quarters in which a column drifts.</summary>
    private static Dictionary<string, string[]> Alarms(RowDependence dependence)
    {
        (string[] columns, Day[] days) = File.Value;
        DriftSchema<Day> schema = DriftSchema.For<Day>(s =>
        {
            s.Timestamp(static day => day.Date);
            for (int i = 0; i < columns.Length; i++)
            {
                int at = i;
                s.Numeric(day => day.Values[at], columns[at]);
            }
        });
        ReferenceProfile profile = ReferenceProfile.Build(schema, days.Where(static day => day.Date < Judged), new ProfileOptions { Season = Season.Quarter });
        var reports = days.Where(static day => day.Date >= Judged).GroupBy(static day => $"{day.Date.Year}-{((day.Date.Month - 1) / 3) + 1}")
            .Where(static quarter => quarter.Count() >= 90)
            .Select(quarter => (quarter.Key, DriftReport.Compare(profile, quarter, new DriftThresholds { Dependence = dependence }).Features)).ToArray();
        Assert.That(reports, Has.Length.EqualTo(50));
        return columns.ToDictionary(
            static column => column,
            column => reports.Where(report => report.Features.Single(f => f.Name == column).Verdict == DriftVerdict.Drift).Select(static report => report.Key).ToArray());
    }

    private static (string[] Columns, Day[] Days) Read()
    {
        string[] lines = System.IO.File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "data", "chicago_ridership.csv"));
        return (lines[0].Split(',')[2..], [.. lines.Skip(1).Select(static line =>
        {
            string[] cells = line.Split(',');
            return new Day(
                DateOnly.ParseExact(cells[0], "yyyy-MM-dd", CultureInfo.InvariantCulture),
                Array.ConvertAll(cells[2..], static cell => double.Parse(cell, CultureInfo.InvariantCulture)));
        })]);
    }

    private sealed record Day(DateOnly Date, double[] Values);
}
