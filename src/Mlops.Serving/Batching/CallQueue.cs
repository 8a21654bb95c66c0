namespace Mlops.Serving;

/// <summary>Calls that wait, by priority and then in order of arrival. Not thread-safe.</summary>
internal sealed class CallQueue
{
    private const int Priorities = 3;
    private readonly ModelCall?[] _first = new ModelCall?[Priorities];
    private readonly ModelCall?[] _last = new ModelCall?[Priorities];
    private readonly int[] _rows = new int[Priorities];

    public int Rows { get; private set; }

    /// <summary>The call that goes first; <c>null</c> when none waits.</summary>
    public ModelCall? First => _first[0] ?? _first[1] ?? _first[2];

    /// <summary>Rows that go before a new call of that priority.</summary>
    public int RowsBefore(PredictionPriority priority)
    {
        int rows = 0;
        for (int rank = 0; rank <= RankOf(priority); rank++)
            rows += _rows[rank];
        return rows;
    }

    public void Add(ModelCall call)
    {
        int rank = RankOf(call.Terms.Priority);
        call.Previous = _last[rank];
        call.Next = null;
        if (call.Previous is { } previous)
            previous.Next = call;
        else
            _first[rank] = call;
        _last[rank] = call;
        _rows[rank] += call.Rows;
        Rows += call.Rows;
    }

    public void Remove(ModelCall call)
    {
        int rank = RankOf(call.Terms.Priority);
        if (call.Previous is { } previous)
            previous.Next = call.Next;
        else
            _first[rank] = call.Next;
        if (call.Next is { } next)
            next.Previous = call.Previous;
        else
            _last[rank] = call.Previous;
        call.Next = call.Previous = null;
        _rows[rank] -= call.Rows;
        Rows -= call.Rows;
    }

    /// <summary>The call that goes after <paramref name="call"/>, whatever its priority.</summary>
    public ModelCall? After(ModelCall call)
    {
        if (call.Next is { } next)
            return next;
        for (int rank = RankOf(call.Terms.Priority) + 1; rank < Priorities; rank++)
            if (_first[rank] is { } first)
                return first;

        return null;
    }

    /// <summary>The last call of the lowest priority below <paramref name="priority"/>; <c>null</c> when none waits.</summary>
    public ModelCall? LastBelow(PredictionPriority priority)
    {
        for (int rank = Priorities - 1; rank > RankOf(priority); rank--)
            if (_last[rank] is { } last)
                return last;

        return null;
    }

    private static int RankOf(PredictionPriority priority) => priority switch
    {
        PredictionPriority.High => 0,
        PredictionPriority.Normal => 1,
        _ => 2,
    };
}
