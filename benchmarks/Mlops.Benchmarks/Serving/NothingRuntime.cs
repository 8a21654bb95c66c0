using System.Runtime.InteropServices;
using Mlops.Serving;

namespace Mlops.Benchmarks.Serving;

/// <summary>A model that answers with what its buffers held, so that what is measured is everything but the model.</summary>
internal sealed class NothingRuntime(int width) : IModelRuntime
{
    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken) => new Session(width);

    private sealed class Session(int width) : IModelSession
    {
        public ModelSignature Signature { get; } = new([new TensorSpec("x", TensorDataType.Float32, [-1, width])], [new TensorSpec("y", TensorDataType.Float32, [-1, width])]);

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(width, shape.MaximumRows);

        public void Dispose()
        {
        }
    }

    // Input and output are the same buffer.
    private sealed class Slot(int width, int maximumRows) : IModelSlot
    {
        private readonly float[] _rows = new float[maximumRows * width];
        private readonly long[] _shape = [0, width];

        public Span<byte> GetInput(int index, int rows) => MemoryMarshal.AsBytes(_rows.AsSpan(0, rows * width));

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => MemoryMarshal.AsBytes(_rows.AsSpan(0, rows * width));

        public ReadOnlySpan<long> GetOutputShape(int index, int rows)
        {
            _shape[0] = rows;
            return _shape;
        }

        public void Run(int rows)
        {
        }

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new InvalidOperationException("There is no text input.");

        public void Terminate()
        {
        }

        public void Dispose()
        {
        }
    }
}
