using System.Text;

namespace Quickstart.Tests;

public sealed class RideCsvTests
{
    private const string Header =
        "date,ridership,lag14_clark_lake,lag14_quincy_wells,lag14_harlem,lag14_monroe,lag14_belmont,lag14_austin,temp_min,temp,temp_max,temp_change,dew,"
        + "humidity,pressure,wind_max,precip,weather_rain,weather_snow,weather_cloud,weather_storm,bulls_home,bears_home,white_sox_home,cubs_home";

    private const string First = "2001-01-22,15.732,15.561,8.371,2.655,5.672,4.599,1.463,15.1,19.45,30.0,14.9,13.45,78.0,30.43,10.4,0.0,0.25,0.5,0.7083,0.125,1,0,0,1";
    private const string Second = "2001-01-23,15.762,15.72,8.351,2.76,6.013,4.725,1.505,25.0,30.45,36.0,11.0,25.0,79.0,30.19,11.5,0.0,0.0,0.0,1.0,0.2083,1,0,0,0";

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.PathTo("rides.csv");

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Every_cell_arrives_in_its_property()
    {
        Ride ride = Read($"{Header}\n{First}\n").Single();

        Assert.That(ride, Is.EqualTo(new Ride
        {
            Date = new(2001, 1, 22),
            Ridership = 15.732,
            LagClarkLake = 15.561,
            LagQuincyWells = 8.371,
            LagHarlem = 2.655,
            LagMonroe = 5.672,
            LagBelmont = 4.599,
            LagAustin = 1.463,
            TemperatureMinimum = 15.1,
            Temperature = 19.45,
            TemperatureMaximum = 30,
            TemperatureChange = 14.9,
            Dew = 13.45,
            Humidity = 78,
            Pressure = 30.43,
            WindMaximum = 10.4,
            Precipitation = 0,
            Rain = 0.25,
            Snow = 0.5,
            Cloud = 0.7083,
            Storm = 0.125,
            BullsHome = 1,
            BearsHome = 0,
            WhiteSoxHome = 0,
            CubsHome = 1,
        }));
    }

    [Test]
    public void The_whole_file_is_read()
    {
        List<Ride> rides = [.. RideCsv.Read(ShortData.Full)];
        Assert.That(rides, Has.Count.EqualTo(5_698));
        Assert.That(rides[0].Date, Is.EqualTo(new DateOnly(2001, 1, 22)));
        Assert.That(rides[^1].Date, Is.EqualTo(new DateOnly(2016, 8, 28)));
    }

    [TestCase("\n", false, TestName = "LF")]
    [TestCase("\r\n", false, TestName = "CRLF")]
    [TestCase("\n", true, TestName = "LF after a byte order mark")]
    [TestCase("\r\n", true, TestName = "CRLF after a byte order mark")]
    public void Line_ends_and_byte_order_mark_make_no_difference(string end, bool mark)
    {
        File.WriteAllText(Path, Header + end + First + end + Second, new UTF8Encoding(mark));
        Assert.That(RideCsv.Read(Path).ToList(), Is.EqualTo(Read($"{Header}\n{First}\n{Second}\n")).And.Count.EqualTo(2));
    }

    [Test]
    public void Days_may_be_missing() =>
        Assert.That(Read($"{Header}\n{First}\n{Second.Replace("01-23", "03-01")}").Last().Date, Is.EqualTo(new DateOnly(2001, 3, 1)));

    [Test]
    public void A_file_that_is_not_there_is_named()
    {
        string missing = _folder.PathTo("missing.csv");
        RideCsvException error = Assert.Throws<RideCsvException>(() => RideCsv.Read(missing))!;
        AssertPlace(error, null, null);
        Assert.That(error.Path, Is.EqualTo(missing));
        Assert.That(error.Message, Does.Contain(missing).And.Contain("--data"));
    }

    [Test]
    public void A_folder_is_no_file() =>
        AssertPlace(Assert.Throws<RideCsvException>(() => RideCsv.Read(_folder.Path))!, null, null);

    [Test]
    public void An_empty_file_is_refused() => AssertPlace(Failure(""), 1, null);

    [Test]
    public void A_header_alone_has_no_rows() => Assert.That(Read(Header), Is.Empty);

    [TestCase("cubs_home", "")]
    [TestCase("date,", "date", TestName = "a first column is missing")]
    public void A_missing_column_is_named(string cut, string column)
    {
        string header = Header.Replace(cut.EndsWith(',') ? cut : "," + cut, "", StringComparison.Ordinal);
        AssertPlace(Failure($"{header}\n{First}"), 1, column.Length > 0 ? column : cut);
    }

    [Test]
    public void A_column_too_many_is_named() => AssertPlace(Failure($"{Header},mood\n{First},1"), 1, "mood");

    [TestCase("temp_min,temp", "temp,temp_min")]
    [TestCase("date,", "date,date,")]
    public void Columns_out_of_order_or_repeated_are_refused(string part, string instead)
    {
        int at = Header.IndexOf(part, StringComparison.Ordinal);
        AssertPlace(Failure($"{Header.Remove(at, part.Length).Insert(at, instead)}\n{First}"), 1, null);
    }

    [Test]
    public void Names_are_case_sensitive() => AssertPlace(Failure($"{Header.Replace("date", "Date")}\n{First}"), 1, "date");

    [TestCase("ridership", "many")]
    [TestCase("ridership", "")]
    [TestCase("ridership", "1;5")]
    [TestCase("ridership", "-0.001")]
    [TestCase("lag14_austin", "-1")]
    [TestCase("temp", "NaN")]
    [TestCase("dew", "Infinity")]
    [TestCase("dew", "-∞")]
    [TestCase("pressure", "1e999")]
    [TestCase("ridership", "1e308")]
    [TestCase("pressure", "-2e6")]
    [TestCase("cubs_home", "yes")]
    [TestCase("date", "2001-1-23")]
    [TestCase("date", "23.01.2001")]
    [TestCase("date", "2001-02-29")]
    [TestCase("date", "")]
    [TestCase("date", "2001-01-22", Description = "the day before it once more")]
    [TestCase("date", "2001-01-21", Description = "out of order")]
    public void A_bad_cell_is_refused_with_its_line_and_column(string column, string text)
    {
        string[] cells = Second.Split(',');
        cells[Array.IndexOf(Header.Split(','), column)] = text;
        RideCsvException error = Failure($"{Header}\n{First}\n{string.Join(',', cells)}\n");

        AssertPlace(error, 3, column);
        Assert.That(error.Message, Does.Contain(Path).And.Contain("line 3").And.Contain($"'{column}'").And.Contain(text));
    }

    [Test]
    public void Below_zero_is_cold_but_no_error()
    {
        string[] cells = First.Split(',');
        cells[8] = "-12.5";
        Assert.That(Read($"{Header}\n{string.Join(',', cells)}").Single().TemperatureMinimum, Is.EqualTo(-12.5));
    }

    [Test]
    public void A_short_row_is_refused_at_the_first_cell_that_it_lacks() =>
        AssertPlace(Failure($"{Header}\n{First}\n2001-01-23,15.762"), 3, "lag14_clark_lake");

    [Test]
    public void A_long_row_is_refused() => AssertPlace(Failure($"{Header}\n{First},0"), 2, null);

    [Test]
    public void An_empty_line_is_a_short_row() => AssertPlace(Failure($"{Header}\n{First}\n\n{Second}"), 3, "ridership");

    [Test]
    public void Bytes_that_are_no_text_are_refused()
    {
        File.WriteAllBytes(Path, [.. Encoding.UTF8.GetBytes($"{Header}\n2001-01-22,1"), 0xC3, 0x28, .. Encoding.UTF8.GetBytes(First[17..])]);
        AssertPlace(Assert.Throws<RideCsvException>(() => RideCsv.Read(Path).ToList())!, 2, "ridership");
    }

    [Test]
    public void Rows_before_the_bad_one_are_read()
    {
        File.WriteAllText(Path, $"{Header}\n{First}\nx");
        Assert.That(RideCsv.Read(Path).First().Date, Is.EqualTo(new DateOnly(2001, 1, 22)));
    }

    [Test]
    public void Too_little_history_or_nothing_to_replay_is_refused()
    {
        Ride[] past = [.. RideCsv.Read(ShortData.Full).TakeWhile(static ride => ride.Date < RideHistory.ReplayStart)];
        Ride first = RideCsv.Read(ShortData.Full).First(static ride => ride.Date == RideHistory.ReplayStart);

        Assert.Throws<RideCsvException>(() => new RideHistory("x", past, 100));
        Assert.Throws<RideCsvException>(() => new RideHistory("x", [.. past, first], past.Length + 1));
        var history = new RideHistory("x", [.. past, first], past.Length);
        Assert.That(history.Past, Is.EqualTo(past));
        Assert.That(history.Replayed, Is.EqualTo((Ride[])[first]));
    }

    private List<Ride> Read(string text)
    {
        File.WriteAllText(Path, text);
        return [.. RideCsv.Read(Path)];
    }

    private RideCsvException Failure(string text) => Assert.Throws<RideCsvException>(() => Read(text))!;

    private static void AssertPlace(RideCsvException error, int? line, string? column)
    {
        Assert.That(error.Line, Is.EqualTo(line));
        Assert.That(error.Column, Is.EqualTo(column));
    }
}
