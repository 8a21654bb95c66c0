using System.Globalization;

namespace Quickstart;

/// <summary>Reads the ridership file one row at a time. Numbers and dates are invariant, dates strictly ascending.</summary>
public static class RideCsv
{
    private static readonly string[] Header =
    [
        "date", "ridership",
        "lag14_clark_lake", "lag14_quincy_wells", "lag14_harlem", "lag14_monroe", "lag14_belmont", "lag14_austin",
        "temp_min", "temp", "temp_max", "temp_change", "dew", "humidity", "pressure", "wind_max", "precip",
        "weather_rain", "weather_snow", "weather_cloud", "weather_storm",
        "bulls_home", "bears_home", "white_sox_home", "cubs_home",
    ];

    /// <summary>The path is opened at once; rows are parsed as they are asked for.</summary>
    /// <exception cref="RideCsvException">The file cannot be opened, or (while enumerating) a line is malformed.</exception>
    public static IEnumerable<Ride> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Read(path, Open(path));
    }

    private static IEnumerable<Ride> Read(string path, StreamReader reader)
    {
        using (reader)
        {
            CheckHeader(path, NextLine(path, reader));
            DateOnly? previous = null;
            for (int line = 2; NextLine(path, reader) is { } text; line++)
            {
                Ride ride = Parse(path, line, text);
                if (ride.Date <= previous)
                {
                    string problem = ride.Date == previous
                        ? $"the date {ride.Date:yyyy-MM-dd} appears twice; every day must have one row."
                        : $"the date {ride.Date:yyyy-MM-dd} follows {previous:yyyy-MM-dd}; rows must be in date order.";
                    throw new RideCsvException(path, line, Header[0], problem);
                }

                previous = ride.Date;
                yield return ride;
            }
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new RideCsvException(path, $"{e.Message} Give the file with --data FILE.", e);
        }
    }

    private static string? NextLine(string path, StreamReader reader)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (IOException e)
        {
            throw new RideCsvException(path, e.Message, e);
        }
    }

    private static void CheckHeader(string path, string? text)
    {
        if (text is null)
            throw new RideCsvException(path, 1, null, $"the file is empty; the first line must be '{string.Join(',', Header)}'.");
        string[] names = text.Split(',');
        string[] missing = [.. Header.Except(names)];
        if (missing.Length > 0)
            throw new RideCsvException(path, 1, missing[0], $"missing from the header; {missing.Length} of {Header.Length} columns are missing.");
        string[] extra = [.. names.Except(Header)];
        if (extra.Length > 0)
            throw new RideCsvException(path, 1, extra[0], "is not a column of this data set; remove it.");
        if (!names.SequenceEqual(Header))
            throw new RideCsvException(path, 1, null, $"columns are repeated or out of order; expected '{string.Join(',', Header)}'.");
    }

    private static Ride Parse(string path, int line, ReadOnlySpan<char> text)
    {
        Span<Range> cells = stackalloc Range[Header.Length + 1];
        int count = text.Split(cells, ',');
        if (count < Header.Length)
            throw new RideCsvException(path, line, Header[count], $"the row ends after {count} of {Header.Length} cells.");
        if (count > Header.Length)
            throw new RideCsvException(path, line, null, $"the row has more than {Header.Length} cells.");
        var row = new Row(path, line, text, cells);
        return new Ride
        {
            Date = row.Date(0),
            Ridership = row.Count(1),
            LagClarkLake = row.Count(2),
            LagQuincyWells = row.Count(3),
            LagHarlem = row.Count(4),
            LagMonroe = row.Count(5),
            LagBelmont = row.Count(6),
            LagAustin = row.Count(7),
            TemperatureMinimum = row.Number(8),
            Temperature = row.Number(9),
            TemperatureMaximum = row.Number(10),
            TemperatureChange = row.Number(11),
            Dew = row.Number(12),
            Humidity = row.Number(13),
            Pressure = row.Number(14),
            WindMaximum = row.Number(15),
            Precipitation = row.Number(16),
            Rain = row.Number(17),
            Snow = row.Number(18),
            Cloud = row.Number(19),
            Storm = row.Number(20),
            BullsHome = row.Number(21),
            BearsHome = row.Number(22),
            WhiteSoxHome = row.Number(23),
            CubsHome = row.Number(24),
        };
    }

    // Far beyond every column, and small enough for squares and float32.
    private const double Largest = 1_000_000;

    private readonly ref struct Row(string path, int line, ReadOnlySpan<char> text, ReadOnlySpan<Range> cells)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private readonly ReadOnlySpan<Range> _cells = cells;

        public DateOnly Date(int index) =>
            DateOnly.TryParseExact(_text[_cells[index]], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
                ? date
                : throw Wrong(index, "is not a date of the form yyyy-MM-dd.");

        public double Number(int index)
        {
            if (!double.TryParse(_text[_cells[index]], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
                throw Wrong(index, "is not a finite number.");
            return Math.Abs(value) <= Largest ? value : throw Wrong(index, $"lies beyond {Largest}; no column goes so far.");
        }

        public double Count(int index)
        {
            double value = Number(index);
            return value >= 0 ? value : throw Wrong(index, "is negative; counts are zero or more.");
        }

        private RideCsvException Wrong(int index, string problem) =>
            new(path, line, Header[index], $"'{_text[_cells[index]]}' {problem}");
    }
}
