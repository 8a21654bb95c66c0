using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Mlops.Storage;
using SQLitePCL;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>What a step took: time, CPU time of the process, bytes allocated, commits and, on SQLite, statements of the writer.</summary>
internal sealed record StepCost(double WallMicroseconds, double CpuMicroseconds, double Bytes, double Commits, double Statements)
{
    private static long _commits;
    private static long _statements;
    private static readonly strdelegate_trace Count = static (_, _) => _statements++;
    private static readonly MeterListener Listener = Listen();

    public const string Header = "steps/s | us per step | CPU us | B allocated | commits | statements |";
    public const string Rule = "---:|---:|---:|---:|---:|---:|";

    /// <summary>Begins to count the statements of a SQLite database's writer; of others nothing.</summary>
    public static Task CountAsync(Database database) => database.WriteAsync(0, static (session, _) =>
    {
        if (session.Connection is SqliteConnection connection)
        {
            raw.sqlite3_trace(connection.Handle, Count, null);
        }

        return 0;
    });

    /// <summary>Runs the work and divides what it took by the number of its steps.</summary>
    public static async Task<StepCost> MeasureAsync(int steps, Func<Task> work)
    {
        _ = Listener;
        long commits = Interlocked.Read(ref _commits), statements = _statements, bytes = GC.GetTotalAllocatedBytes();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        await work();
        TimeSpan wall = Stopwatch.GetElapsedTime(started);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        return new StepCost(
            wall.TotalMicroseconds / steps,
            cpu.TotalMicroseconds / steps,
            (double)(GC.GetTotalAllocatedBytes() - bytes) / steps,
            (double)(Interlocked.Read(ref _commits) - commits) / steps,
            (double)(_statements - statements) / steps);
    }

    /// <summary>Of several measurements each median.</summary>
    public static StepCost Median(IReadOnlyCollection<StepCost> costs) => new(
        Median(costs, static cost => cost.WallMicroseconds),
        Median(costs, static cost => cost.CpuMicroseconds),
        Median(costs, static cost => cost.Bytes),
        Median(costs, static cost => cost.Commits),
        Median(costs, static cost => cost.Statements));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{1e6 / WallMicroseconds:N0} | {WallMicroseconds:N1} | {CpuMicroseconds:N1} | {Bytes:N0} | {Commits:N3} | {(Statements > 0 ? Statements.ToString("N2", CultureInfo.InvariantCulture) : "")} |");

    private static double Median(IReadOnlyCollection<StepCost> costs, Func<StepCost, double> value) => costs.Select(value).Order().ElementAt(costs.Count / 2);

    private static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "mlops.storage.commit.items")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => Interlocked.Increment(ref _commits));
        listener.Start();
        return listener;
    }
}
