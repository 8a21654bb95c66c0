namespace Quickstart;

/// <summary>The horizontal axis that every chart of the report shares, so that they can be read against each other.</summary>
public sealed class Timeline(DateOnly first, DateOnly last)
{
    public const int Width = 1120;
    public const int Left = 150;
    public const int Right = 1005;

    public double X(DateOnly date) =>
        Left + ((Right - Left) * (date.DayNumber - first.DayNumber) / Math.Max(1.0, last.DayNumber - first.DayNumber));

    public IEnumerable<DateOnly> YearStarts() =>
        Enumerable.Range(first.Year, last.Year - first.Year + 1).Select(y => new DateOnly(y, 1, 1)).Where(d => d >= first && d <= last);
}
