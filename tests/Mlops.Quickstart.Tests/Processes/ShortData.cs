namespace Quickstart.Tests;

/// <summary>
/// The years that are tuned on, and then the winter of 2009/10 as if it followed. After six years the first version is so wrong that
/// half a year holds promotions, rejections, a closed input window and the candidate with shuffled labels.
/// </summary>
internal static class ShortData
{
    public static readonly DateOnly Resumes = new(2009, 11, 1);

    /// <summary>A last day at whose end a version is promoted and an input window closes, with a rejection and the shuffled candidate behind it.</summary>
    public static readonly DateOnly Earlier = new(2010, 3, 6);

    /// <summary>A last day with one more promotion behind it.</summary>
    public static readonly DateOnly Later = new(2010, 5, 5);

    /// <summary>The file as it is shipped.</summary>
    public static string Full { get; } = Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv");

    public static IEnumerable<string> Until(DateOnly last)
    {
        string[] lines = File.ReadAllLines(Full);
        return [lines[0], .. lines.Skip(1).Where(line => DayOf(line) is var day && (day < RideHistory.ReplayStart || (day >= Resumes && day <= last)))];
    }

    private static DateOnly DayOf(string line) => DateOnly.ParseExact(line.AsSpan(0, 10), "yyyy-MM-dd");
}
