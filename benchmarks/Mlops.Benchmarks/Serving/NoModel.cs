using System.Runtime.InteropServices;
using Mlops.Serving;

namespace Mlops.Benchmarks.Serving;

/// <summary>A runtime that computes next to nothing, so that what is around it shows: one output, the first of the columns.</summary>
public sealed class NoModel(int columns) : IModelRuntime
{
    /// <inheritdoc/>
    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken) => new Session(columns);

    private sealed class Session(int columns) : IModelSession
    {
        public ModelSignature Signature { get; } = new(
            [new TensorSpec("features", TensorDataType.Float32, [-1, columns])], [new TensorSpec("prediction", TensorDataType.Float32, [-1, 1])]);

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(columns, shape.MaximumRows);

        public void Dispose()
        {
        }
    }

    private sealed class Slot(int columns, int rows) : IModelSlot
    {
        private readonly float[] _input = new float[rows * columns];
        private readonly float[] _output = new float[rows];

        public Span<byte> GetInput(int index, int rows) => MemoryMarshal.AsBytes(_input.AsSpan(0, rows * columns));

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => MemoryMarshal.AsBytes(_output.AsSpan(0, rows));

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new NotSupportedException();

        public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, 1];

        public void Run(int rows)
        {
            for (int row = 0; row < rows; row++)
                _output[row] = _input[row * columns];
        }

        public void Terminate()
        {
        }

        public void Dispose()
        {
        }
    }
}
