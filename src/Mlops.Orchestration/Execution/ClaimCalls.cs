namespace Mlops.Orchestration;

/// <summary>
/// The calls of a worker that may take steps for it, each under way until the worker knows what it has taken. A step that the database gives to
/// the worker and that it does not know of was lost only when every call that had begun before it was seen has ended. Thread-safe.
/// </summary>
internal sealed class ClaimCalls
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _underWay = [];
    private long _last;

    /// <summary>The number of the call that began last.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public Call Begin()
    {
        lock (_gate)
        {
            _underWay.Add(++_last);
            return new Call(this, _last);
        }
    }

    /// <summary>The number of the oldest call under way; beyond every number while there is none.</summary>
    public long Oldest
    {
        get
        {
            lock (_gate)
            {
                return _underWay.Count == 0 ? long.MaxValue : _underWay.Min();
            }
        }
    }

    /// <summary>A call until it is disposed.</summary>
    public readonly struct Call(ClaimCalls calls, long number) : IDisposable
    {
        public void Dispose()
        {
            lock (calls._gate)
            {
                calls._underWay.Remove(number);
            }
        }
    }
}
