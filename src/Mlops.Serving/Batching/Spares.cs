namespace Mlops.Serving;

/// <summary>Objects that nobody uses. Taking never waits: when there is none, the caller makes one. Thread-safe.</summary>
/// <param name="capacity">Most that are kept; more are left to whoever brings them.</param>
internal sealed class Spares<T>(int capacity)
    where T : class
{
    private const uint Stride = 8;   // a cache line of references
    private readonly T?[] _places = new T?[capacity];

    // Threads begin in different cache lines, so that they seldom want the same one.
    private int Start => (int)((uint)Environment.CurrentManagedThreadId * Stride % (uint)_places.Length);

    public T? TryTake()
    {
        int start = Start;
        for (int i = 0; i < _places.Length; i++)
        {
            ref T? place = ref _places[start];
            if (place is not null && Interlocked.Exchange(ref place, null) is { } spare)
                return spare;
            start = start + 1 == _places.Length ? 0 : start + 1;
        }

        return null;
    }

    public bool TryKeep(T spare)
    {
        int start = Start;
        for (int i = 0; i < _places.Length; i++)
        {
            ref T? place = ref _places[start];
            if (place is null && Interlocked.CompareExchange(ref place, spare, null) is null)
                return true;
            start = start + 1 == _places.Length ? 0 : start + 1;
        }

        return false;
    }
}
