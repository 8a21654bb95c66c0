using System.Globalization;
using System.Runtime.InteropServices;

namespace Quickstart.Tests;

public sealed class FeatureMapTests
{
    private readonly List<Ride> _rides = [.. RideCsv.Read(ShortData.Full)];

    [Test]
    public void The_counts_of_a_day_and_of_all_later_ones_do_not_touch_its_features()
    {
        using var folder = new TemporaryFolder();
        string[] lines = File.ReadAllLines(ShortData.Full);
        var features = new FeatureMap(6);
        foreach (int day in (int[])[14, 700, 2_500, _rides.Count - 1])
        {
            string path = folder.PathTo("changed.csv");
            File.WriteAllLines(path, lines.Select((line, i) => i <= day ? line : WithCount(line, 99.5)));
            Ride changed = RideCsv.Read(path).ElementAt(day);

            Assert.That(changed.Ridership, Is.EqualTo(99.5), "the change took");
            Assert.That(Bytes(features.Of(changed)), Is.EqualTo(Bytes(features.Of(_rides[day]))));
        }
    }

    [Test]
    public void The_lagged_count_is_that_of_fourteen_days_before()
    {
        Dictionary<DateOnly, double> counts = _rides.ToDictionary(static ride => ride.Date, static ride => ride.Ridership);
        int checkedDays = 0;
        foreach (Ride ride in _rides)
        {
            if (!counts.TryGetValue(ride.Date.AddDays(-14), out double count))
                continue;
            checkedDays++;
            Assert.That(ride.LagClarkLake, Is.EqualTo(count), $"{ride.Date:yyyy-MM-dd}");
        }

        Assert.That(checkedDays, Is.EqualTo(_rides.Count - 14));
    }

    [Test]
    public void There_is_a_name_for_every_feature([Values(0, 1, 6)] int harmonics)
    {
        var features = new FeatureMap(harmonics);
        Assert.That(features.Names, Has.Count.EqualTo(features.Of(_rides[0]).Length).And.Unique);
        Assert.That(features.Names, Has.Count.EqualTo(23 + 7 + (2 * harmonics) + 12));
    }

    [Test]
    public void Calendar_features_say_what_day_it_is()
    {
        var features = new FeatureMap(2);
        Ride ride = _rides.Single(static r => r.Date == new DateOnly(2002, 7, 4)); // a Thursday
        Dictionary<string, float> row = features.Names.Zip(features.Of(ride)).ToDictionary(static pair => pair.First, static pair => pair.Second);

        string[] week = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
        Assert.That(week.Where(day => row[day] != 0), Is.EqualTo((string[])["thursday"]));
        Assert.That(row["thursday"], Is.EqualTo(1));
        double angle = 2 * Math.PI * 184 / 365.25; // 184 days after 1 January
        Assert.That(row["year_sin_1"], Is.EqualTo(Math.Sin(angle)).Within(1e-7));
        Assert.That(row["year_cos_2"], Is.EqualTo(Math.Cos(2 * angle)).Within(1e-7));
        Assert.That(row["holiday_major"], Is.EqualTo(1));
        Assert.That(row["holiday_major_x_lag14_clark_lake"], Is.EqualTo((float)ride.LagClarkLake));
        Assert.That(row.Where(static cell => cell.Key.Contains("holiday") && !cell.Key.StartsWith("holiday_major", StringComparison.Ordinal)).Select(static cell => cell.Value), Is.All.Zero);
    }

    [Test]
    public void A_holiday_fourteen_days_ago_is_marked_too()
    {
        var features = new FeatureMap(1);
        Ride ride = _rides.Single(static r => r.Date == new DateOnly(2002, 7, 18));
        Dictionary<string, float> row = features.Names.Zip(features.Of(ride)).ToDictionary(static pair => pair.First, static pair => pair.Second);

        Assert.That(row["lag14_holiday_major"], Is.EqualTo(1));
        Assert.That(row["lag14_holiday_major_x_lag14_clark_lake"], Is.EqualTo((float)ride.LagClarkLake));
        Assert.That(row["holiday_major"], Is.Zero);
    }

    private static string WithCount(string line, double count)
    {
        string[] cells = line.Split(',');
        cells[1] = count.ToString(CultureInfo.InvariantCulture);
        return string.Join(',', cells);
    }

    private static byte[] Bytes(float[] features) => MemoryMarshal.AsBytes(features.AsSpan()).ToArray();
}
