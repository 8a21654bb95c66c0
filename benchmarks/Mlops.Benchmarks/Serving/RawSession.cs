using Microsoft.ML.OnnxRuntime;

namespace Mlops.Benchmarks.Serving;

/// <summary>What anyone would write by hand for runs of so many rows: one session, memory bound once, set up as the package does.</summary>
internal sealed class RawSession : IDisposable
{
    private readonly SessionOptions _options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableCpuMemArena = false, EnableMemoryPattern = false };
    private readonly RunOptions _run = new();
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly float[] _input;
    private readonly List<OrtValue> _values = [];

    public RawSession(byte[] model, int rows)
    {
        _options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(model, _options);
        _binding = _session.CreateIoBinding();
        (string input, NodeMetadata metadata) = _session.InputMetadata.Single();
        Rows = rows;
        _input = new float[rows * metadata.Dimensions[1]];
        Bind(OrtValue.CreateTensorValueFromMemory(_input, [rows, metadata.Dimensions[1]]), value => _binding.BindInput(input, value));
        foreach ((string output, NodeMetadata shape) in _session.OutputMetadata)
        {
            long[] dimensions = [.. shape.Dimensions.Select(size => size < 0 ? rows : (long)size)];
            int length = (int)dimensions.Aggregate(1L, static (all, size) => all * size);
            Bind(
                shape.ElementType == typeof(long) ? OrtValue.CreateTensorValueFromMemory(new long[length], dimensions) : OrtValue.CreateTensorValueFromMemory(new float[length], dimensions),
                value => _binding.BindOutput(output, value));
        }
    }

    public int Rows { get; }

    public int Columns => _input.Length / Rows;

    /// <summary>The same row, copied as often as the run has rows.</summary>
    public void Run(float[] row)
    {
        for (int i = 0; i < Rows; i++)
            row.CopyTo(_input.AsSpan(i * Columns));
        _session.RunWithBinding(_run, _binding);
    }

    public void Dispose()
    {
        _binding.Dispose();
        _values.ForEach(static value => value.Dispose());
        _session.Dispose();
        _run.Dispose();
        _options.Dispose();
    }

    private void Bind(OrtValue value, Action<OrtValue> bind)
    {
        bind(value);
        _values.Add(value);
    }
}
