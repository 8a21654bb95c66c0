using System.Globalization;
using Mlops.Drift;

namespace Mlops.Benchmarks.Drift;

/// <summary>
/// Which columns of sixteen years of real days alarm in which quarters, with dependent rows measured and with rows taken for independent draws: verb
/// <c>ridership-drift</c>. The reference is 2001 to 2003, kept by quarter; every quarter from 2004 on is compared with the same quarter of it.
/// </summary>
public static class RidershipDrift
{
    private static readonly DateOnly Judged = new(2004, 1, 1);
    private static readonly DateOnly Late = new(2008, 1, 1);

    /// <summary>Prints the table.</summary>
    public static void Run()
    {
        (string[] columns, Day[] days) = Read(Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv"));
        DriftSchema<Day> schema = Schema(columns);
        ReferenceProfile profile = ReferenceProfile.Build(schema, days.Where(static day => day.Date < Judged), new ProfileOptions { Season = Season.Quarter });

        // The last quarter ends with the file, in the middle.
        Day[][] quarters = [.. days.Where(static day => day.Date >= Judged).GroupBy(static day => (day.Date.Year, (day.Date.Month - 1) / 3)).Select(static q => q.ToArray()).Where(static q => q.Length >= 90)];
        int late = quarters.Count(static q => q[0].Date >= Late);
        bool[][][] measured = Compare(profile, quarters, RowDependence.Measured), independent = Compare(profile, quarters, RowDependence.Independent);
        Console.WriteLine($"| column | measured, {quarters.Length} quarters | from 2008, {late} | independent, {quarters.Length} quarters | from 2008, {late} |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        for (int c = 0; c < columns.Length; c++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| `{columns[c]}` | {Count(measured[0], c)} | {Count(measured[1], c)} | {Count(independent[0], c)} | {Count(independent[1], c)} |"));
        }

        bool[][][] Compare(ReferenceProfile reference, Day[][] windows, RowDependence dependence)
        {
            bool[][] all = Array.ConvertAll(windows, window =>
                DriftReport.Compare(reference, window, new DriftThresholds { Dependence = dependence }).Features.Select(static f => f.Verdict == DriftVerdict.Drift).ToArray());
            return [all, all[^late..]];
        }
    }

    internal static DriftSchema<Day> Schema(string[] columns) => DriftSchema.For<Day>(s =>
    {
        s.Timestamp(static day => day.Date);
        for (int i = 0; i < columns.Length; i++)
        {
            int at = i;
            s.Numeric(day => day.Values[at], columns[at]);
        }
    });

    internal static (string[] Columns, Day[] Days) Read(string path)
    {
        string[] lines = File.ReadAllLines(path);

        // After the date comes the target, which is not watched.
        return (lines[0].Split(',')[2..], [.. lines.Skip(1).Select(static line =>
        {
            string[] cells = line.Split(',');
            return new Day(
                DateOnly.ParseExact(cells[0], "yyyy-MM-dd", CultureInfo.InvariantCulture),
                Array.ConvertAll(cells[2..], static cell => double.Parse(cell, CultureInfo.InvariantCulture)));
        })]);
    }

    private static int Count(bool[][] drift, int column) => drift.Count(quarter => quarter[column]);

    internal sealed record Day(DateOnly Date, double[] Values);
}
