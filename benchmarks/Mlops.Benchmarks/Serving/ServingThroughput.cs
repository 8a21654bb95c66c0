using System.Diagnostics.Metrics;
using System.Globalization;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Benchmarks.Serving;

/// <summary>
/// What a prediction costs beside the bare session, with and without shared runs: verb <c>serving [rounds] [callers] [model]</c>. The contenders take turns; what is
/// counted is the CPU time of the process per row, so that waiting costs nothing and helping threads do. The bare session has as many rows in a run as there are
/// callers who could share one, on one thread.
/// </summary>
public static class ServingThroughput
{
    private const int CallsPerTurn = 64;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(200);

    /// <summary>Prints the tables.</summary>
    public static async Task RunAsync(string[] args)
    {
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
        int[] callers = args.Length > 2 ? [int.Parse(args[2], CultureInfo.InvariantCulture)] : [1, 2, 16, 32];
        string[] models = args.Length > 3 ? [args[3]] : ["digits/2", "breast_cancer_gbdt/1"];
        Console.WriteLine("| model | how | callers | CPU us per row | against each alone | beside the bare session, us | rows/s | rows per run | B per row |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|");
        foreach (string model in models)
            await CompareAsync(model, rounds, callers);
    }

    private static async Task CompareAsync(string model, int rounds, int[] numbers)
    {
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "models", model, "model.onnx"));
        foreach (int callers in numbers)
        {
            int sharing = callers > Environment.ProcessorCount ? callers : 1;
            using var raw = new RawSession(file, sharing);
            var bare = new Contender(sharing == 1 ? "bare session" : $"bare session, {sharing} rows a run", raw);
            Contender alone = await Contender.ServeAsync("each alone", file, batch: false, listen: false);
            List<Contender> contenders = [bare, alone, await Contender.ServeAsync("sharing allowed", file, batch: true, listen: false)];
            if (callers == 1)
            {
                contenders.Add(await Contender.ServeAsync("each alone, metrics read", file, batch: false, listen: true));
                contenders.Add(await Contender.ServeAsync("each alone, metrics read, logged", file, batch: false, listen: true, logs: true));
            }

            foreach (Contender contender in contenders)
                await contender.TakeTurnAsync(callers, 5 * Turn, isCounted: false);
            for (int round = 0; round < rounds; round++)
                foreach (Contender contender in contenders)
                    await contender.TakeTurnAsync(callers, Turn, isCounted: true);
            foreach (Contender contender in contenders)
            {
                Console.WriteLine(contender.ToRow(model, callers, alone, bare));
                await contender.DisposeAsync();
            }
        }
    }

    private sealed class Contender(string name, RawSession? raw) : IAsyncDisposable
    {
        private readonly List<(double Cpu, double Rate, double RowsPerRun, double Bytes)> _turns = [];
        private readonly MeterListener _listener = new() { InstrumentPublished = static (instrument, l) => l.EnableMeasurementEvents(instrument) };
        private PredictionLog? _log;
        private ModelServer? _server;
        private IPredictor<float[], float>? _predictor;
        private long _rows;
        private bool _isOver;

        public static async Task<Contender> ServeAsync(string name, byte[] file, bool batch, bool listen, bool logs = false)
        {
            string path = Path.GetTempFileName();
            await File.WriteAllBytesAsync(path, file);
            var contender = new Contender(name, raw: null);
            if (listen)
            {
                contender._listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
                contender._listener.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
                contender._listener.Start();
            }

            var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
            if (logs)
                options.Observers.Add(contender._log = new PredictionLog(new PredictionLogOptions { Features = { "0", "1", "2", "3" } }));
            contender._server = ModelServer.Create(options.AddModel<float[], float>("m", m => m
                .FromFile(path)
                .Output(static outputs => outputs.Get<float>(1)[0])
                .Configure(o => o.Batching.Enabled = batch)));
            await contender._server.StartAsync();
            File.Delete(path);
            contender._predictor = contender._server.GetPredictor<float[], float>("m");
            return contender;
        }

        public async Task TakeTurnAsync(int callers, TimeSpan time, bool isCounted)
        {
            _rows = 0;
            Volatile.Write(ref _isOver, false);
            ModelStatistics? before = _server?.Get("m").Statistics[0];
            long bytes = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long started = System.Diagnostics.Stopwatch.GetTimestamp();
            Task[] all = [.. Enumerable.Range(0, raw is null ? callers : 1).Select(_ => Task.Run(() => CallAsync(callers)))];
            await Task.Delay(time);
            Volatile.Write(ref _isOver, true);
            await Task.WhenAll(all);
            double seconds = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds;
            double us = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / _rows;
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            if (!isCounted)
                return;

            ModelStatistics? after = _server?.Get("m").Statistics[0];
            double runs = after is null ? _rows / raw!.Rows : after.ExecutionCount - before!.ExecutionCount;
            _turns.Add((us, _rows / seconds, _rows / runs, (double)bytes / _rows));
        }

        public string ToRow(string model, int callers, Contender alone, Contender bare)
        {
            double ratio = Median(_turns.Zip(alone._turns, static (own, other) => own.Cpu / other.Cpu));
            double beside = Median(_turns.Zip(bare._turns, static (own, other) => own.Cpu - other.Cpu));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {model} | {name} | {callers} | {Median(_turns.Select(static t => t.Cpu)):F2} | {ratio:F2}x | {beside:F2} | {Median(_turns.Select(static t => t.Rate)):N0} | {Median(_turns.Select(static t => t.RowsPerRun)):F1} | {Median(_turns.Select(static t => t.Bytes)):F1} |");
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            if (_server is not null)
                await _server.DisposeAsync();
            if (_log is not null)
                await _log.DisposeAsync();
        }

        private async Task CallAsync(int callers)
        {
            float[] row = new float[raw?.Columns ?? (int)_server!.Get("m").Signature!.Inputs[0].Shape[1]];
            long rows = 0;
            if (raw is not null)
            {
                for (; !Volatile.Read(ref _isOver); rows += raw.Rows)
                    raw.Run(row);
            }
            else
            {
                for (; !Volatile.Read(ref _isOver); rows++)
                {
                    await _predictor!.PredictAsync(row);
                    if (callers > Environment.ProcessorCount && rows % CallsPerTurn == 0)
                        await Task.Yield();   // those whose calls complete at once would keep the threads from the others
                }
            }

            Interlocked.Add(ref _rows, rows);
        }

        private static double Median(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted[sorted.Length / 2];
        }
    }
}
