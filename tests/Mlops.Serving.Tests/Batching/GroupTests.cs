using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Mlops.Serving.Tests;

public sealed class GroupTests
{
    [Test]
    public async Task Calls_of_other_widths_and_other_outputs_at_the_same_time_each_get_their_own([Values(1, 2)] int concurrency)
    {
        await using ModelServer server = await StartAsync(new WideRuntime(), new MemorySource { Package = MemorySource.Version(1, 1) }, concurrency);
        ServedModel model = server.Get("m");
        using var stop = new CancellationTokenSource();
        ConcurrentBag<string> wrong = [];

        Task[] callers = [.. Enumerable.Range(0, 24).Select(caller => Task.Run(async () =>
        {
            int width = 2 + caller % 2, wanted = caller / 2 % 3;
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                float[] row = [.. Enumerable.Range(0, width).Select(column => (float)(caller + 100 * i % 10_000 + column))];
                TensorRequest request = new TensorRequest().AddInput("x", [1, width], row);
                if (wanted > 0)
                    request.WantOutput(wanted == 1 ? "sum" : "max");
                using TensorResponse response = await model.InferAsync(request);
                string[] names = wanted == 0 ? ["sum", "max"] : [wanted == 1 ? "sum" : "max"];
                if (!response.Outputs.Select(static output => output.Name).SequenceEqual(names)
                    || names.Any(name => response[name].Get<float>()[0] != (name == "sum" ? row.Sum() : row.Max())))
                    wrong.Add($"{string.Join(' ', row)}: {string.Join(' ', names)}");
                await Task.Yield();
            }
        }))];

        Assert.That(() => model.Statistics[0].BatchSizes.Any(static size => size.Rows > 1 && size.Count > 10), Is.True.After(60_000, 10), "they share runs");
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public async Task Versions_are_loaded_on_threads_of_low_priority_that_serve_nobody()
    {
        var runtime = new WideRuntime();
        var source = new MemorySource { Package = MemorySource.Version(1, 1) };
        await using ModelServer server = await StartAsync(runtime, source, concurrency: 1);

        source.Package = MemorySource.Version(2, 2);
        await server.Get("m").ReloadAsync();

        Assert.That(runtime.Loads, Is.EqualTo(Enumerable.Repeat((ThreadPriority.BelowNormal, false), 2)));
    }

    private static async Task<ModelServer> StartAsync(WideRuntime runtime, MemorySource source, int concurrency)
    {
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }
            .AddModel("m", m => m.FromSource(source).TensorsOnly().Configure(options => options.Batching.Concurrency = concurrency)));
        await server.StartAsync();
        return server;
    }

    /// <summary>Sum and maximum of rows of any width.</summary>
    private sealed class WideRuntime : IModelRuntime
    {
        public ConcurrentQueue<(ThreadPriority Priority, bool IsOfPool)> Loads { get; } = [];

        public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken)
        {
            Loads.Enqueue((Thread.CurrentThread.Priority, Thread.CurrentThread.IsThreadPoolThread));
            return new Session();
        }
    }

    private sealed class Session : IModelSession
    {
        public ModelSignature Signature { get; } = new(
            [new TensorSpec("x", TensorDataType.Float32, [-1, -1])],
            [new TensorSpec("sum", TensorDataType.Float32, [-1, 1]), new TensorSpec("max", TensorDataType.Float32, [-1, 1])]);

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(shape);

        public void Dispose()
        {
        }
    }

    private sealed class Slot(SlotShape shape) : IModelSlot
    {
        private readonly int _width = (int)shape.Inputs[0][1];
        private readonly float[] _input = new float[shape.MaximumRows * shape.Inputs[0][1]];
        private readonly float[][] _outputs = [new float[shape.MaximumRows], new float[shape.MaximumRows]];

        public Span<byte> GetInput(int index, int rows) => MemoryMarshal.AsBytes(_input.AsSpan(0, rows * _width));

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new InvalidOperationException("There is no text input.");

        public void Run(int rows)
        {
            Thread.SpinWait(2_000);   // so that sharing pays
            for (int row = 0; row < rows; row++)
            {
                float[] values = _input[(row * _width)..((row + 1) * _width)];
                (_outputs[0][row], _outputs[1][row]) = (values.Sum(), values.Max());
            }
        }

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => shape.Wants(index) ? MemoryMarshal.AsBytes(_outputs[index].AsSpan(0, rows)) : [];

        public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, 1];

        public void Terminate()
        {
        }

        public void Dispose()
        {
        }
    }
}
