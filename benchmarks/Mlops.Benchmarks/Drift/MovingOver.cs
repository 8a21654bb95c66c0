using System.Globalization;
using Mlops.Drift;

namespace Mlops.Benchmarks.Drift;

/// <summary>
/// The verdicts of Evidently, NannyML and this package on the same days: verb <c>moving-over</c>. The reference is 2001 to 2003, 2008 is compared with it in
/// four parts of 92 days, the last of 90.
/// </summary>
public static class MovingOver
{
    private const int Rows = 92;
    private const int Parts = 4;

    /// <summary>Prints the table: in how many of the four parts each rule alarms.</summary>
    public static void Run()
    {
        (string[] columns, RidershipDrift.Day[] days) = RidershipDrift.Read(Path.Combine(AppContext.BaseDirectory, "data", "chicago_ridership.csv"));
        RidershipDrift.Day[] old = [.. days.Where(static day => day.Date.Year < 2004)], year = [.. days.Where(static day => day.Date.Year == 2008)];
        DriftSchema schema = DriftSchema.Create(s =>
        {
            foreach (string column in columns)
                s.Numeric(column);
        });
        DriftBatch reference = Batch(old);
        RidershipDrift.Day[][] parts = [.. year.Chunk(Rows)];
        EvidentlyReport[] evidently = Array.ConvertAll(parts, part => EvidentlyReport.Compare(reference, Batch(part)));
        EvidentlyReport[] psi = Array.ConvertAll(
            parts, part => EvidentlyReport.Compare(reference, Batch(part), new EvidentlyOptions { NumericTest = EvidentlyTest.PopulationStabilityIndex }));
        NannyMlReport jensenShannon = NannyMl(NannyMlMethod.JensenShannon), smirnov = NannyMl(NannyMlMethod.KolmogorovSmirnov), wasserstein = NannyMl(NannyMlMethod.Wasserstein);
        ReferenceProfile profile = ReferenceProfile.Build(RidershipDrift.Schema(columns), old, new ProfileOptions { Season = Season.Quarter });
        DriftReport[] ours = Array.ConvertAll(parts, part => DriftReport.Compare(profile, part));

        Console.WriteLine("| column | Evidently, default | Evidently, PSI | NannyML, Jensen-Shannon | NannyML, KS | NannyML, Wasserstein | Mlops.Drift |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        for (int c = 0; c < columns.Length; c++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| `{columns[c]}` | {evidently.Count(r => r.Columns[c].IsDrifted)} | {psi.Count(r => r.Columns[c].IsDrifted)} | {Alerts(jensenShannon, columns[c])} | {Alerts(smirnov, columns[c])} | {Alerts(wasserstein, columns[c])} | {ours.Count(r => r.Features[c].Verdict == DriftVerdict.Drift)} |"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| cells of {Parts * columns.Length} | {evidently.Sum(static r => r.Columns.Count(static column => column.IsDrifted))} | {psi.Sum(static r => r.Columns.Count(static column => column.IsDrifted))} | {jensenShannon.Figures.Count(static f => f.IsAlert)} | {smirnov.Figures.Count(static f => f.IsAlert)} | {wasserstein.Figures.Count(static f => f.IsAlert)} | {ours.Sum(static r => r.Features.Count(static f => f.Verdict == DriftVerdict.Drift))} |"));

        DriftBatch Batch(RidershipDrift.Day[] rows)
        {
            DriftBatch batch = new(schema);
            for (int c = 0; c < columns.Length; c++)
                batch.Numeric(columns[c], Array.ConvertAll(rows, day => day.Values[c]));
            return batch;
        }

        NannyMlReport NannyMl(NannyMlMethod method) => NannyMlReport.Compare(reference, Batch(year), new NannyMlOptions { ChunkRows = Rows, NumericMethod = method });
    }

    private static int Alerts(NannyMlReport report, string column) => report.Figures.Count(figure => figure.Column == column && figure.IsAlert);
}
