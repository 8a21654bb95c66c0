using System.Globalization;
using System.Text.Json;

namespace Mlops.Drift.Tests;

/// <summary><c>tests/reference/drift/compatibility.json</c>, which a script beside it makes with numpy and scipy, and the days it is about.</summary>
internal static class PeerFigures
{
    public const int ChunkRows = 92;

    private static readonly Lazy<JsonDocument> Document = new(static () => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FindRoot(), "tests", "reference", "drift", "compatibility.json"))));
    private static readonly Lazy<Dictionary<string, (string Date, double Value)[]>> Columns = new(Read);

    public static JsonElement Rides => Document.Value.RootElement.GetProperty("rides");

    public static IEnumerable<JsonElement> Large => Document.Value.RootElement.GetProperty("large").EnumerateArray();

    public static IReadOnlyCollection<string> Names => Columns.Value.Keys;

    public static DriftSchema Schema { get; } = DriftSchema.Create(static s =>
    {
        foreach (string name in Names)
            s.Numeric(name);
    });

    /// <summary>2001 to 2003, 1 074 days, or its first ones.</summary>
    public static DriftBatch Reference(int rows = int.MaxValue) => Batch(static date => string.CompareOrdinal(date, "2004") < 0, rows);

    public static DriftBatch Year2008() => Batch(static date => date.StartsWith("2008", StringComparison.Ordinal), int.MaxValue);

    /// <summary>2008 in four parts of 92 days, the last of 90.</summary>
    public static DriftBatch[] Quarters() => [.. Enumerable.Range(0, 4).Select(static part => Batch(static date => date.StartsWith("2008", StringComparison.Ordinal), ChunkRows, part * ChunkRows))];

    private static DriftBatch Batch(Func<string, bool> included, int rows, int skipped = 0)
    {
        DriftBatch batch = new(Schema);
        foreach ((string name, (string Date, double Value)[] days) in Columns.Value)
            batch.Numeric(name, days.Where(day => included(day.Date)).Skip(skipped).Take(rows).Select(static day => day.Value).ToArray());
        return batch;
    }

    private static Dictionary<string, (string Date, double Value)[]> Read()
    {
        string[][] lines = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv")).Select(static line => line.Split(','))];

        // After the date comes the target, which is not watched.
        return Enumerable.Range(2, lines[0].Length - 2).ToDictionary(
            column => lines[0][column],
            column => lines.Skip(1).Select(cells => (cells[0], double.Parse(cells[column], CultureInfo.InvariantCulture))).ToArray());
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlops.Libraries.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Mlops.Libraries.sln.");
    }
}
