using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Mlops.Drift.Tests;

namespace Mlops.Drift.TestWorker;

/// <summary>Profiles and reports of seeded data, by rows, by columns of doubles and of floats, and of a monitor that is evaluated again and again.</summary>
internal static class SeededReports
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Zones = ["north", "south", "east", "west"];

    private static readonly DriftSchema<Trip> TripSchema = DriftSchema.For<Trip>(static s => s
        .Id(static t => t.Id)
        .Timestamp(static t => t.At)
        .Numeric(static t => t.Distance)
        .Numeric(static t => t.Tip)
        .Segment(static t => t.Zone)
        .Prediction(static t => t.Predicted)
        .Label(static t => t.Actual));

    public static async IAsyncEnumerable<(string Name, string Digest)> DigestsAsync()
    {
        // Data that already differ would say nothing about reports.
        Trip[] reference = Trips(1, 9_000, Start, shift: 0), window = Trips(2, 3_001, Start.AddDays(800), shift: 0.1);
        yield return ("data", Digest(MemoryMarshal.AsBytes<double>(Array.ConvertAll(window, static trip => trip.Distance))));

        ReferenceProfile bySeason = ReferenceProfile.Build(TripSchema, reference, new ProfileOptions { Season = Season.Quarter });
        yield return ("profile by rows", Digest(bySeason.ToArray()));
        foreach (RowDependence dependence in Enum.GetValues<RowDependence>())
        {
            DriftReport report = DriftReport.Compare(bySeason, window, new DriftThresholds { Dependence = dependence });
            yield return ($"rows, {dependence}, JSON", Digest(report.ToJson()));
            yield return ($"rows, {dependence}, HTML", Digest(report.ToHtml()));
        }

        ReferenceProfile mixed = ReferenceProfile.Build(MixedColumns.Draw(3, 6_000));
        yield return ("profile by columns", Digest(mixed.ToArray()));
        foreach (int rows in (int[])[1, 17, 300, 5_003])
        {
            DriftReport report = DriftReport.Compare(mixed, MixedColumns.Draw(4 + rows, rows, shift: 0.05));
            yield return ($"{rows} rows by columns, JSON", Digest(report.ToJson()));
            yield return ($"{rows} rows by columns, HTML", Digest(report.ToHtml()));
        }

        DriftSchema floats = DriftSchema.Create(static s => s.Numeric("x"));
        DriftReport ofFloats = DriftReport.Compare(
            ReferenceProfile.Build(new DriftBatch(floats).Numeric("x", Floats(reference))), new DriftBatch(floats).Numeric("x", Floats(window)));
        yield return ("floats, JSON", Digest(ofFloats.ToJson()));

        DriftMonitorOptions options = new() { WindowRows = 1_000 };
        using DriftMonitor<Trip> monitor = new("trips", TripSchema, options);
        monitor.Activate("1", ReferenceProfile.Build(TripSchema, reference), ErrorBaseline.From(Array.ConvertAll(reference, static t => t.Predicted), Array.ConvertAll(reference, static t => t.Actual)));
        foreach (Trip[] chunk in window.Chunk(500))
        {
            foreach (Trip trip in chunk)
                monitor.Observe(trip);
            DriftReport report = await monitor.EvaluateAsync();
            yield return ($"monitor, {report.RowsSeen} rows, JSON", Digest(report.ToJson()));
            yield return ($"monitor, {report.RowsSeen} rows, HTML", Digest(report.ToHtml()));
        }

        yield return ("state", Digest(monitor.SaveState()));
    }

    /// <summary>Inert hourly trips; every hundredth is not finite, every eleventh tip is missing.</summary>
    private static Trip[] Trips(int seed, int count, DateTimeOffset start, double shift)
    {
        Random random = new(seed);
        Trip[] trips = new Trip[count];
        double level = 0;
        for (int i = 0; i < count; i++)
        {
            level = (0.7 * level) + random.NextDouble() + random.NextDouble() - 1;
            double distance = level + shift;
            trips[i] = new Trip
            {
                Id = $"{seed}-{i}",
                At = start.AddHours(i),
                Distance = i % 100 == 99 ? double.PositiveInfinity : distance,
                Tip = i % 11 == 0 ? null : random.NextDouble() * random.NextDouble(),
                Zone = Zones[random.Next(Zones.Length)],
                Predicted = distance,
                Actual = distance + random.NextDouble() - 0.5,
            };
        }

        return trips;
    }

    private static float[] Floats(Trip[] trips) => Array.ConvertAll(trips, static trip => (float)trip.Distance);

    private static string Digest(string text) => Digest(Encoding.UTF8.GetBytes(text));

    private static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Trip
    {
        public string Id { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public double Distance { get; init; }
        public double? Tip { get; init; }
        public string Zone { get; init; } = "";
        public double Predicted { get; init; }
        public double Actual { get; init; }
    }
}
