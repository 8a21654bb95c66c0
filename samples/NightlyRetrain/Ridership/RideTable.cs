using System.Globalization;

namespace NightlyRetrain;

/// <summary>The file that in a real application would be a warehouse.</summary>
public sealed class RideTable(string path)
{
    /// <summary>The days of an interval that the file has, in order.</summary>
    public async Task<IReadOnlyList<Day>> ReadAsync(DateOnly from, DateOnly until, CancellationToken cancellationToken)
    {
        List<Day> days = [];
        await foreach (string line in File.ReadLinesAsync(path, cancellationToken))
        {
            string[] cells = line.Split(',');
            if (DateOnly.TryParseExact(cells[0], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) && date >= from && date < until)
                days.Add(new Day(date, Number(cells[1]), [.. cells[2..8].Select(Number)]));
        }

        return days;
    }

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
}
