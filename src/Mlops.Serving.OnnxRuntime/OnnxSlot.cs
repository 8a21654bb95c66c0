using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>
/// All inputs and outputs in one pinned block, bound to the session once per number of rows, so that a run allocates nothing.
/// </summary>
internal sealed unsafe class OnnxSlot : IModelSlot
{
    private const int Alignment = 64;   // a cache line, and the widest vector
    private static int liveCount;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly byte[] _block;
    private readonly byte* _start;
    private readonly Region[] _inputs;
    private readonly Region[] _outputs;
    private readonly OnnxBinding?[] _bindings;
    private bool _isDisposed;

    public OnnxSlot(InferenceSession session, ModelSignature signature, int maximumRows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumRows);
        _session = session;
        _bindings = new OnnxBinding?[maximumRows + 1];
        int length = 0;
        _inputs = [.. signature.Inputs.Select(spec => Region.After(ref length, spec, maximumRows))];
        _outputs = [.. signature.Outputs.Select(spec => Region.After(ref length, spec, maximumRows))];

        _block = GC.AllocateArray<byte>(checked(length + Alignment), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _block[0]);
        _start = (byte*)((address + Alignment - 1) / Alignment * Alignment);
        Interlocked.Increment(ref liveCount);
    }

    /// <summary>Slots of the process that have not been freed.</summary>
    public static int LiveCount => Volatile.Read(ref liveCount);

    public Span<byte> GetInput(int index, int rows) => Bytes(_inputs[index], rows);

    public ReadOnlySpan<byte> GetOutput(int index, int rows) => Bytes(_outputs[index], rows);

    public void Run(int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        OnnxBinding binding = _bindings[rows] ??= new OnnxBinding(_session, _start, _inputs, _outputs, rows);
        _session.RunWithBinding(_run, binding.Binding);
    }

    public void SetText(int index, int rows, ReadOnlySpan<byte> packed) => throw new NotSupportedException();

    public ReadOnlySpan<long> GetOutputShape(int index, int rows) => (long[])[rows, .. _outputs[index].Spec.Shape.Skip(1)];

    public void Terminate() => _run.Terminate = true;

    public void Dispose()
    {
        if (_isDisposed)
            return;

        _isDisposed = true;
        foreach (OnnxBinding? binding in _bindings)
            binding?.Dispose();
        _run.Dispose();
        Interlocked.Decrement(ref liveCount);
        GC.KeepAlive(_block);
    }

    private Span<byte> Bytes(Region region, int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Span<byte>(_start + region.Offset, checked(region.Spec.BytesPerRow!.Value * rows));
    }

    /// <summary>Where a tensor lies in the block.</summary>
    internal readonly record struct Region(TensorSpec Spec, int Offset)
    {
        public static Region After(ref int length, TensorSpec spec, int rows)
        {
            var region = new Region(spec, length);
            int bytes = checked(spec.BytesPerRow!.Value * rows);
            length = checked(length + (bytes + Alignment - 1) / Alignment * Alignment);
            return region;
        }
    }
}
