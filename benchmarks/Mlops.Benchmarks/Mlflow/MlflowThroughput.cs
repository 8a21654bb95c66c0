using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Mlflow;

/// <summary>
/// Metrics per second through <c>runs/log-batch</c>, 1 000 in a request, over a real Kestrel on loopback, on SQLite or PostgreSQL: verb
/// <c>mlflow [seconds] [PostgreSQL connection string]</c>. Client and server share the process and its cores. Beside it, the same requests
/// to an endpoint that only reads the body, and the same batches without HTTP. Every metric is counted after the last.
/// </summary>
public static class MlflowThroughput
{
    private const int MetricsPerBatch = 1_000;
    private const int Keys = 10;
    private const int Bodies = 64;
    private const string LogBatch = "api/2.0/mlflow/runs/log-batch";

    /// <summary>Runs every load three times for the seconds given, 3 unless said otherwise, and prints the medians.</summary>
    public static async Task RunAsync(string[] args)
    {
        var duration = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 3);
        await using MlflowHost host = await MlflowHost.StartAsync(args.ElementAtOrDefault(2));

        Console.WriteLine("| how | clients, a run each | metrics/s | per client | CPU ns per metric |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (int clients in (int[])[1, 2, 8])
        {
            await PrintAsync("Kestrel, body read only", clients, duration, host.Tracker, (_, body, _) => host.PostAsync("floor", body));
            await PrintAsync("log-batch", clients, duration, host.Tracker, (_, body, _) => host.PostAsync(LogBatch, body));
            await PrintAsync("Tracker.LogAsync, no HTTP", clients, duration, host.Tracker, (run, _, metrics) => host.Tracker.LogAsync(run, new RunLog { Metrics = metrics }));
        }
    }

    private static async Task PrintAsync(string how, int clients, TimeSpan duration, Tracker tracker, Func<string, byte[], Metric[], Task> send)
    {
        List<(double Rate, double Nanoseconds)> rounds = [];
        for (int round = 0; round < 3; round++)
        {
            rounds.Add(await MeasureAsync(how, clients, duration, tracker, send));
        }

        (double rate, double nanoseconds) = rounds.OrderBy(static round => round.Rate).ElementAt(1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {how} | {clients} | {rate:N0} | {rate / clients:N0} | {nanoseconds:N0} |"));
    }

    private static async Task<(double Rate, double Nanoseconds)> MeasureAsync(string how, int clients, TimeSpan duration, Tracker tracker, Func<string, byte[], Metric[], Task> send)
    {
        var work = new (string Run, TimedBody[] Bodies, Metric[][] Metrics)[clients];
        for (int client = 0; client < clients; client++)
        {
            string run = (await tracker.CreateRunAsync("benchmark")).Id;
            Metric[][] metrics = [.. Enumerable.Range(0, Bodies).Select(Batch)];
            work[client] = (run, [.. metrics.Select(batch => new TimedBody(Body(run, batch)))], metrics);
            await send(run, work[client].Bodies[0].At(0), metrics[0]);
        }

        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        long[] sent = await Task.WhenAll(work.Select(client => Task.Run(async () =>
        {
            long batches = 0;
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                // Each at a time of its own: a point that was sent before is not stored again.
                batches++;
                await send(client.Run, client.Bodies[batches % Bodies].At(batches), client.Metrics[batches % Bodies]);
            }

            return batches;
        })));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started), cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        for (int client = 0; client < clients && !how.StartsWith("Kestrel", StringComparison.Ordinal); client++)
        {
            long stored = (await tracker.GetRunAsync(work[client].Run)).Metrics.Values.Sum(static metric => metric.Count);
            if (stored != (sent[client] + 1) * MetricsPerBatch)
            {
                throw new InvalidOperationException($"{(sent[client] + 1) * MetricsPerBatch} metrics were acknowledged and {stored} are stored.");
            }
        }

        long total = sent.Sum() * MetricsPerBatch;
        return (total / elapsed.TotalSeconds, cpu.TotalNanoseconds / total);
    }

    private static Metric[] Batch(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, MetricsPerBatch).Select(i => new Metric(
            $"metric_{i % Keys}", random.NextDouble(), number * 100L + i / Keys))];
    }

    private static byte[] Body(string run, Metric[] metrics) => Encoding.UTF8.GetBytes(
        $$"""{"run_id":"{{run}}","metrics":[{{string.Join(',', metrics.Select(static (metric, i) => string.Create(CultureInfo.InvariantCulture, $$"""{"key":"{{metric.Key}}","value":{{metric.Value:R}},"timestamp":{{TimedBody.Origin}}{{i:000}},"step":{{metric.Step}}}""")))}}]}""");

    /// <summary>A body whose points can be moved in time without writing it anew: the seconds of their times are overwritten.</summary>
    private sealed class TimedBody
    {
        public const long Origin = 1_700_000_000;

        private readonly byte[] _bytes;
        private readonly List<int> _places = [];

        public TimedBody(byte[] bytes)
        {
            ReadOnlySpan<byte> name = "\"timestamp\":"u8;
            _bytes = bytes;
            for (int next, at = 0; (next = bytes.AsSpan(at).IndexOf(name)) >= 0;)
            {
                at += next + name.Length;
                _places.Add(at);
            }
        }

        public byte[] At(long second)
        {
            Span<byte> digits = stackalloc byte[10];
            (Origin + second).TryFormat(digits, out _, provider: CultureInfo.InvariantCulture);
            foreach (int place in _places)
            {
                digits.CopyTo(_bytes.AsSpan(place));
            }

            return _bytes;
        }
    }
}
