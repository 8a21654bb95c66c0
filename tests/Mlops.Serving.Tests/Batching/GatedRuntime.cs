using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlops.Serving.Tests;

/// <summary>
/// A model of one column that answers twice the value plus its version, in C#. A test can hold runs, fail those with a marked row, and see what
/// each run held and whether it was asked to end.
/// </summary>
internal sealed class GatedRuntime : IModelRuntime
{
    public const float Guilty = -1;
    private readonly List<float[]> _runs = [];
    private int _terminations;
    private int _liveSlots;

    /// <summary>Called with the rows of each run, before it computes.</summary>
    public Action<float[]>? OnRun { get; set; }

    /// <summary>Called whenever the input of a slot is asked for.</summary>
    public Action? OnInput { get; set; }

    /// <summary>Whether a run that is held ends when it is asked to.</summary>
    public ManualResetEventSlim Ended { get; } = new();

    public bool HasFixedRows { get; init; }

    public IReadOnlyList<float[]> Runs
    {
        get
        {
            lock (_runs)
                return [.. _runs];
        }
    }

    public int Terminations => Volatile.Read(ref _terminations);

    public int LiveSlots => Volatile.Read(ref _liveSlots);

    public static ModelPackage Version(long number) => new() { Content = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), Version = number };

    public IModelSession Load(string model, ModelPackage package, CancellationToken cancellationToken) => new Session(this, package.Version);

    private sealed class Session(GatedRuntime runtime, long version) : IModelSession
    {
        private readonly long[] _shape = runtime.HasFixedRows ? [1, 1] : [-1, 1];

        public ModelSignature Signature => new([new TensorSpec("x", TensorDataType.Float32, _shape)], [new TensorSpec("y", TensorDataType.Float32, _shape)]);

        public IModelSlot CreateSlot(SlotShape shape) => new Slot(runtime, version, shape.MaximumRows);

        public void Dispose()
        {
        }
    }

    private sealed class Slot : IModelSlot
    {
        private readonly GatedRuntime _runtime;
        private readonly long _version;
        private readonly float[] _input;
        private readonly float[] _output;

        public Slot(GatedRuntime runtime, long version, int rows)
        {
            _runtime = runtime;
            _version = version;
            _input = new float[rows];
            _output = new float[rows];
            Interlocked.Increment(ref runtime._liveSlots);
        }

        public Span<byte> GetInput(int index, int rows)
        {
            _runtime.OnInput?.Invoke();
            return MemoryMarshal.AsBytes(_input.AsSpan(0, rows));
        }

        public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new InvalidOperationException("There is no text input.");

        public void Run(int rows)
        {
            float[] held = _input[..rows];
            lock (_runtime._runs)
                _runtime._runs.Add(held);
            _runtime.OnRun?.Invoke(held);
            if (held.Contains(Guilty))
                throw new InvalidDataException("a guilty row");
            for (int i = 0; i < rows; i++)
                _output[i] = 2 * _input[i] + _version;
        }

        public ReadOnlySpan<byte> GetOutput(int index, int rows) => MemoryMarshal.AsBytes(_output.AsSpan(0, rows));

        public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, 1];

        public void Terminate()
        {
            Interlocked.Increment(ref _runtime._terminations);
            _runtime.Ended.Set();
        }

        public void Dispose() => Interlocked.Decrement(ref _runtime._liveSlots);
    }
}
