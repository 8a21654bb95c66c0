using Microsoft.ML.OnnxRuntime;

namespace Mlops.Serving.OnnxRuntime;

internal sealed class OnnxSession : IModelSession
{
    private static int liveCount;
    private readonly InferenceSession _session;
    private int _isDisposed;

    public OnnxSession(InferenceSession session, ModelSignature signature)
    {
        _session = session;
        Signature = signature;
        Interlocked.Increment(ref liveCount);
    }

    /// <summary>Native sessions of the process that have not been freed.</summary>
    public static int LiveCount => Volatile.Read(ref liveCount);

    public ModelSignature Signature { get; }

    public IModelSlot CreateSlot(SlotShape shape) => new OnnxSlot(_session, Signature, shape);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        _session.Dispose();
        Interlocked.Decrement(ref liveCount);
    }
}
