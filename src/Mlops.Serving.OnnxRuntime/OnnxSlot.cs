using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>
/// All numbers of known size in one pinned block, bound to the session once per number of rows, so that a run allocates nothing.
/// </summary>
internal sealed unsafe class OnnxSlot : IModelSlot
{
    /// <summary>A cache line, and the widest vector.</summary>
    public const int Alignment = 64;
    private static int liveCount;

    private readonly InferenceSession _session;
    private readonly byte[] _block;
    private readonly byte* _start;
    private readonly OnnxTensor[] _inputs;
    private readonly OnnxTensor?[] _outputs;
    private readonly Dictionary<int, OnnxBinding> _bindings = [];   // by number of rows, of which a caller may choose a huge one
    private readonly Lock _terminating = new();
    private RunOptions _run = new();
    private bool _isRunning;
    private bool _isTerminated;
    private bool _isDisposed;

    public OnnxSlot(InferenceSession session, ModelSignature signature, SlotShape shape)
    {
        _session = session;
        _inputs = new OnnxTensor[signature.Inputs.Count];
        _outputs = new OnnxTensor?[signature.Outputs.Count];
        int length = 0;
        for (int i = 0; i < _inputs.Length; i++)
            _inputs[i] = new OnnxTensor(signature.Inputs[i], shape.Inputs[i], shape.MaximumRows, ref length);
        for (int i = 0; i < _outputs.Length; i++)
            if (shape.Wants(i))
                _outputs[i] = new OnnxTensor(signature.Outputs[i], shape.FindOutputShape(signature, i), shape.MaximumRows, ref length);

        _block = GC.AllocateArray<byte>(checked(length + Alignment), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _block[0]);
        _start = (byte*)((address + Alignment - 1) / Alignment * Alignment);
        Interlocked.Increment(ref liveCount);
    }

    /// <summary>Slots of the process that have not been freed.</summary>
    public static int LiveCount => Volatile.Read(ref liveCount);

    public Span<byte> GetInput(int index, int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        OnnxTensor input = _inputs[index];
        return input.IsInBlock ? InBlock(input, rows) : throw new InvalidOperationException($"Input '{input.Name}' is text; set it with {nameof(SetText)}.");
    }

    public void SetText(int index, int rows, ReadOnlySpan<byte> packed)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_inputs[index].IsInBlock)
            throw new InvalidOperationException($"Input '{_inputs[index].Name}' is not text; fill it with {nameof(GetInput)}.");
        Bind(rows).SetText(index, packed);
    }

    public ReadOnlySpan<byte> GetOutput(int index, int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _outputs[index] switch
        {
            null => [],
            { IsInBlock: true } output => InBlock(output, rows),
            var output => output.Copied,
        };
    }

    public ReadOnlySpan<long> GetOutputShape(int index, int rows) => _outputs[index] is { } output ? output.Shape(rows) : [];

    public void Run(int rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        OnnxBinding binding = Bind(rows);
        lock (_terminating)
            _isRunning = true;
        try
        {
            binding.Run(_session, _run);
        }
        catch (OnnxRuntimeException exception) when (Volatile.Read(ref _isTerminated))
        {
            throw new OperationCanceledException("The run was ended before it was done.", exception);
        }
        finally
        {
            EndRun();
        }
    }

    public void Terminate()
    {
        lock (_terminating)
        {
            if (!_isRunning)
                return;
            _isTerminated = true;
            _run.Terminate = true;
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;

        _isDisposed = true;
        foreach (OnnxBinding binding in _bindings.Values)
            binding.Dispose();
        _run.Dispose();
        Interlocked.Decrement(ref liveCount);
        GC.KeepAlive(_block);
    }

    private void EndRun()
    {
        lock (_terminating)
        {
            _isRunning = false;
            if (!_isTerminated)
                return;

            // Options that ended a run would end every later one.
            _isTerminated = false;
            _run.Dispose();
            _run = new RunOptions();
        }
    }

    private OnnxBinding Bind(int rows)
    {
        if (!_bindings.TryGetValue(rows, out OnnxBinding? binding))
            _bindings.Add(rows, binding = new OnnxBinding(_session, _start, _inputs, _outputs, rows));
        return binding;
    }

    private Span<byte> InBlock(OnnxTensor tensor, int rows) => new(_start + tensor.Offset, tensor.Length(rows));
}
