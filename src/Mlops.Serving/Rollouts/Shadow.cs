using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>
/// A version that computes what another answers, for comparison only: its outputs reach no caller, no observer and no drift monitor, and callers wait for no
/// more than a copy of their inputs. One thread of low priority works for it; what it cannot keep up with is dropped and counted. Thread-safe.
/// </summary>
#pragma warning disable CA1001 // its model stops it, and the thread lets go of the rest
public sealed class Shadow
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(1);
    private const int UsualRank = 16;
    private const int KeptBytes = 64 * 1_024;   // of a call that is kept for reuse: rare long ones must not stay in memory
    private readonly ServedModel _model;
    private readonly Deployment _place;
    private readonly ServingEnvironment _environment;
    private readonly ShadowOptions _options;
    private readonly TimeSpan _timeout;
    private readonly Split _sample;
    private readonly BlockingCollection<ShadowCall> _queue;
    private readonly Spares<ShadowCall> _calls;
    private volatile ShadowComparison? _comparison;
    private long _dropped;

    internal Shadow(ServedModel model, Deployment place, ServingEnvironment environment)
    {
        _model = model;
        _place = place;
        _environment = environment;
        _options = model.Options.Shadow;
        _timeout = model.Options.Timeout is { } own && own > LongestRun ? own : LongestRun;
        _sample = new Split(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))), _options.SampleShare);
        _queue = new BlockingCollection<ShadowCall>(_options.MaximumQueued);
        _calls = new Spares<ShadowCall>(Math.Min(_options.MaximumQueued, 256) + 1);
        environment.Telemetry.Watch(this);
    }

    /// <summary>Name of the model.</summary>
    public string Model => _model.Name;

    /// <summary>The version that computes in the shadow; <c>null</c> while there is none.</summary>
    public ServedVersion? Version => _place.Version;

    /// <summary>How it compares with the version that answers; <c>null</c> before the first call that both have computed.</summary>
    public ShadowVerdict? Verdict => _comparison?.ToVerdict(Dropped);

    internal long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Asks the shadow's source for its version, as <see cref="ServedModel.ReloadAsync"/> does. Not needed where the source notices changes.</summary>
    /// <exception cref="ModelLoadException">It was refused; the version before goes on.</exception>
    public Task<ServedVersion> ReloadAsync(CancellationToken cancellationToken = default) => _place.ReloadAsync(cancellationToken);

    internal Deployment Place => _place;

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _place.ReloadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelLoadException)
        {
            // It has been logged and counted; one may come later.
        }

        new Thread(Work) { IsBackground = true, Name = "Mlops.Serving shadow", Priority = ThreadPriority.Lowest }.Start();
    }

    internal void Stop() => _queue.CompleteAdding();

    /// <summary>Whether a call that was answered there is to be computed again.</summary>
    internal bool Wants(Deployment answered) => _model.IsDefault(answered) && _place.Version is not null && _sample.TakesByChance();

    /// <summary>Offers a row that lies in a slot.</summary>
    internal void Offer(ModelSnapshot live, IModelSlot slot, ReadOnlySpan<byte> selected, double ticks)
    {
        IReadOnlyList<TensorSpec> inputs = live.Signature.Inputs;
        long bytes = selected.Length;
        for (int i = 0; i < inputs.Count; i++)
            bytes += slot.GetInput(i, rows: 1).Length;
        if (TryBegin(live, selected, ticks, rows: 1, bytes) is not { } call)
            return;

        Span<long> usual = stackalloc long[UsualRank];
        for (int i = 0; i < inputs.Count; i++)
        {
            TensorSpec input = inputs[i];
            Span<long> shape = input.Shape.Count <= UsualRank ? usual : new long[input.Shape.Count];
            for (int d = 0; d < input.Shape.Count; d++)
                shape[d] = d == 0 && input.HasRows ? 1 : input.Shape[d];
            ReadOnlySpan<byte> row = slot.GetInput(i, rows: 1);
            row.CopyTo(call.Request.AddInput(input.Name, input.Type, shape[..input.Shape.Count], row.Length));
        }

        Queue(call);
    }

    /// <summary>Offers a call with tensors.</summary>
    internal void Offer(ModelSnapshot live, TensorRequest request, ReadOnlySpan<byte> selected, double ticks, int rows)
    {
        long bytes = selected.Length;
        for (int i = 0; i < request.Tensors.Count; i++)
            bytes += request.Tensors[i].Bytes.Length;
        if (TryBegin(live, selected, ticks, rows, bytes) is not { } call)
            return;

        for (int i = 0; i < request.Tensors.Count; i++)
        {
            ModelTensor tensor = request.Tensors[i];
            tensor.Bytes.CopyTo(call.Request.AddInput(tensor.Name, tensor.Type, tensor.Shape, tensor.Bytes.Length));
        }

        Queue(call);
    }

    private ShadowCall? TryBegin(ModelSnapshot live, ReadOnlySpan<byte> selected, double ticks, int rows, long bytes)
    {
        if (selected.IsEmpty)
            return null;   // the caller asked for other outputs
        if (bytes > _options.MaximumRequestBytes || _queue.Count >= _options.MaximumQueued)
        {
            Drop();
            return null;
        }

        ShadowCall call = _calls.TryTake() ?? new ShadowCall();
        call.Begin(live.Version, selected, ticks, rows);
        return call;
    }

    private void Queue(ShadowCall call)
    {
        try
        {
            if (_queue.TryAdd(call))
                return;
            Drop();
        }
        catch (InvalidOperationException)
        {
            // The server stops.
        }

        Return(call);
    }

    private void Drop()
    {
        Interlocked.Increment(ref _dropped);
        _environment.Telemetry.RecordShadowDrop(_model.Name);
    }

    private void Return(ShadowCall call)
    {
        bool isSmall = call.Bytes <= KeptBytes;
        call.Clear();
        if (isSmall)
            _calls.TryKeep(call);
    }

    private void Work()
    {
        foreach (ShadowCall call in _queue.GetConsumingEnumerable())
        {
            try
            {
                Compute(call);
            }
            catch (Exception exception)
            {
                ServingLog.ShadowBroke(_environment.Logger, _model.Name, exception);
            }

            Return(call);
        }
    }

    private void Compute(ShadowCall call)
    {
        if (_place.TryAcquire() is not { } snapshot)
            return;

        try
        {
            ShadowComparison comparison = Comparison(call.Live, snapshot);
            try
            {
                // This thread waits: what runs on the caller's thread shall run on one of low priority, which no thread of a pool has.
                TimeProvider time = _environment.TimeProvider;
                long now = time.GetTimestamp();
                var terms = new CallTerms(now + (long)(_timeout.TotalSeconds * time.TimestampFrequency), _timeout, PredictionPriority.Low);
                snapshot.Executor.RunAsync(call.Request, call.Answer, terms, now, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }
            catch (ServingException)
            {
                comparison.AddFailure();
                return;
            }

            int place = call.Answer.Outputs.IndexOf(snapshot.Signature.Outputs[snapshot.Output].Name);
            double ticks = call.Answer.RunRows == call.Rows ? (double)call.Answer.ComputeTicks / call.Rows : 0;
            int rows = comparison.Add(call.Selected, call.Answer.Outputs[place].Bytes, call.Ticks, ticks);
            _environment.Telemetry.RecordShadowRows(_model.Name, rows);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>That of the pair; another pair begins anew. Called by the one thread.</summary>
    private ShadowComparison Comparison(ServedVersion live, ModelSnapshot shadow)
    {
        if (_comparison is { } comparison && comparison.Live == live && comparison.Shadow == shadow.Version)
            return comparison;

        return _comparison = new ShadowComparison(live, shadow.Version, shadow.Signature.Outputs[shadow.Output], _options.Tolerance);
    }
}
