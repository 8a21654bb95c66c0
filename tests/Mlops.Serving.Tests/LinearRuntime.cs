using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlops.Serving.Tests;

/// <summary>
/// A runtime written in C#: the model file is text, <c>weight weight ... bias</c>, and the answer is their linear form. Shows that
/// the seam needs no ONNX, and lets a test hold a run, fail it or count what is alive.
/// </summary>
internal sealed class LinearRuntime : IModelRuntime
{
    private int _liveSessions;
    private int _liveSlots;

    public int LiveSessions => Volatile.Read(ref _liveSessions);

    public int LiveSlots => Volatile.Read(ref _liveSlots);

    public IReadOnlyList<string>? FeatureNames { get; set; }

    /// <summary>Dimensions of the input; those beyond the second are of size 1.</summary>
    public int Rank { get; set; } = 2;

    public Action? BeforeRun { get; set; }

    public Action<int>? OnRows { get; set; }

    /// <summary>Whether a run of the model with these numbers fails.</summary>
    public Func<float[], bool>? Failing { get; set; }

    public static byte[] File(params float[] numbers) =>
        Encoding.UTF8.GetBytes(string.Join(' ', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))));

    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken)
    {
        float[] numbers = [.. Encoding.UTF8.GetString(package.Content.Span).Split(' ').Select(number => float.Parse(number, CultureInfo.InvariantCulture))];
        return new Session(this, numbers);
    }

    private sealed class Session : IModelSession
    {
        private readonly LinearRuntime _runtime;
        private readonly float[] _numbers;

        public Session(LinearRuntime runtime, float[] numbers)
        {
            _runtime = runtime;
            _numbers = numbers;
            Signature = new ModelSignature(
                [new TensorSpec("features", TensorDataType.Float32, [-1, numbers.Length - 1, .. Enumerable.Repeat(1L, runtime.Rank - 2)])],
                [new TensorSpec("prediction", TensorDataType.Float32, [-1, 1])],
                runtime.FeatureNames);
            Interlocked.Increment(ref runtime._liveSessions);
        }

        public ModelSignature Signature { get; }

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(_runtime, _numbers, shape.MaximumRows);

        public void Dispose() => Interlocked.Decrement(ref _runtime._liveSessions);
    }

    private sealed class Slot : IModelSlot
    {
        private readonly LinearRuntime _runtime;
        private readonly float[] _numbers;
        private readonly float[] _input;
        private readonly float[] _output;

        public Slot(LinearRuntime runtime, float[] numbers, int rows)
        {
            _runtime = runtime;
            _numbers = numbers;
            _input = new float[rows * (numbers.Length - 1)];
            _output = new float[rows];
            Interlocked.Increment(ref runtime._liveSlots);
        }

        public Span<byte> GetInput(int index, int rows) => MemoryMarshal.AsBytes(_input.AsSpan(0, rows * (_numbers.Length - 1)));

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => MemoryMarshal.AsBytes(_output.AsSpan(0, rows));

        public void Run(int rows)
        {
            _runtime.BeforeRun?.Invoke();
            _runtime.OnRows?.Invoke(rows);
            if (_runtime.Failing?.Invoke(_numbers) == true)
                throw new InvalidDataException("boom");
            int width = _numbers.Length - 1;
            for (int row = 0; row < rows; row++)
            {
                _output[row] = _numbers[width];
                for (int i = 0; i < width; i++)
                    _output[row] += _numbers[i] * _input[row * width + i];
            }
        }

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new InvalidOperationException("There is no text input.");

        public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, 1];

        public void Terminate()
        {
        }

        public void Dispose() => Interlocked.Decrement(ref _runtime._liveSlots);
    }
}
