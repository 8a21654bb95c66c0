namespace Mlops.Tuning;

/// <summary>The trials that a model holds, in the order of finishing: all up to a maximum, beyond it the best half and the newest.</summary>
internal sealed class KeptTrials(int maximum)
{
    private readonly List<GaussianProcessRow> _rows = [];

    // By how many of the oldest each of the oldest is beaten: those that may go, all but the newest half of the maximum.
    private readonly List<int> _beaten = [];

    public IReadOnlyList<GaussianProcessRow> Rows => _rows;

    /// <summary>How many were added.</summary>
    public int Seen { get; private set; }

    /// <summary>How many pairs of trials have been compared.</summary>
    internal long Compared { get; private set; }

    public void Clear()
    {
        _rows.Clear();
        _beaten.Clear();
        Seen = 0;
    }

    public void Add(GaussianProcessRow row)
    {
        Seen++;
        _rows.Add(row);
        if (_rows.Count > maximum / 2)
        {
            Age(_rows[_beaten.Count]);
        }

        if (_rows.Count > maximum)
        {
            RemoveAt(Worst());
        }
    }

    /// <summary>The next one is among the oldest.</summary>
    private void Age(GaussianProcessRow aged)
    {
        int beaten = 0;
        for (int i = 0; i < _beaten.Count; i++)
        {
            Compared++;
            beaten += ParetoRanks.Dominates(_rows[i].Values, aged.Values) ? 1 : 0;
            _beaten[i] += ParetoRanks.Dominates(aged.Values, _rows[i].Values) ? 1 : 0;
        }

        _beaten.Add(beaten);
    }

    /// <summary>Which of the oldest misses its constraints most or is beaten by most of the others; the last among equals.</summary>
    private int Worst()
    {
        int worst = 0;
        (double Violation, int Beaten) most = (-1, 0);
        for (int i = 0; i < _beaten.Count; i++)
        {
            (double Violation, int Beaten) standing = (_rows[i].Violation, _beaten[i]);
            if (standing.CompareTo(most) >= 0)
            {
                (worst, most) = (i, standing);
            }
        }

        return worst;
    }

    private void RemoveAt(int place)
    {
        GaussianProcessRow removed = _rows[place];
        _rows.RemoveAt(place);
        _beaten.RemoveAt(place);
        for (int i = 0; i < _beaten.Count; i++)
        {
            Compared++;
            _beaten[i] -= ParetoRanks.Dominates(removed.Values, _rows[i].Values) ? 1 : 0;
        }
    }
}
