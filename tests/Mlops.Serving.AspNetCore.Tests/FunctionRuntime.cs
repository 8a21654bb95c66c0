using System.Runtime.InteropServices;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>A runtime in C#: input <c>x</c> and output <c>y</c>, both float32 [-1,width], and a function from one to the other.</summary>
internal sealed class FunctionRuntime(int width = 4, Action<ReadOnlySpan<float>, Span<float>>? function = null) : IModelRuntime
{
    private int _runs;

    public int Runs => Volatile.Read(ref _runs);

    /// <summary>Whether the number of the version is added to every output.</summary>
    public bool AddsVersion { get; init; }

    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken) => new Session(this, width, AddsVersion ? package.Version : 0);

    private sealed class Session(FunctionRuntime runtime, int width, float added) : IModelSession
    {
        public ModelSignature Signature { get; } = new(
            [new TensorSpec("x", TensorDataType.Float32, [-1, width])], [new TensorSpec("y", TensorDataType.Float32, [-1, width])]);

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(runtime, width, added, shape.MaximumRows);

        public void Dispose()
        {
        }
    }

    private sealed class Slot(FunctionRuntime runtime, int width, float added, int rows) : IModelSlot
    {
        private readonly float[] _input = new float[rows * width];
        private readonly float[] _output = new float[rows * width];

        public Span<byte> GetInput(int index, int rows) => MemoryMarshal.AsBytes(_input.AsSpan(0, rows * width));

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => MemoryMarshal.AsBytes(_output.AsSpan(0, rows * width));

        public void Run(int rows)
        {
            Interlocked.Increment(ref runtime._runs);
            Span<float> output = _output.AsSpan(0, rows * width);
            if (runtime.Function is { } compute)
                compute(_input.AsSpan(0, rows * width), output);
            else
                _input.AsSpan(0, rows * width).CopyTo(output);
            foreach (ref float value in output)
                value += added;
        }

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new InvalidOperationException("There is no text input.");

        public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, width];

        public void Terminate()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>What it computes; the identity where there is none. May be set while it serves.</summary>
    public Action<ReadOnlySpan<float>, Span<float>>? Function { get; set; } = function;
}
