namespace Mlops.Tuning;

/// <summary>The trials that a model holds, in the order of finishing: all up to a maximum, beyond it the best half and the newest.</summary>
internal sealed class KeptTrials(int maximum)
{
    private readonly List<GaussianProcessRow> _rows = [];

    public IReadOnlyList<GaussianProcessRow> Rows => _rows;

    /// <summary>How many were added.</summary>
    public int Seen { get; private set; }

    public void Clear()
    {
        _rows.Clear();
        Seen = 0;
    }

    public void Add(GaussianProcessRow row)
    {
        Seen++;
        _rows.Add(row);
        if (_rows.Count > maximum)
        {
            _rows.RemoveAt(Worst(_rows.Count - (maximum / 2)));
        }
    }

    /// <summary>Which of the oldest misses its constraints most or is beaten by most of the others; the last among equals.</summary>
    private int Worst(int oldest)
    {
        int worst = 0;
        (double Violation, int Beaten) most = (-1, 0);
        for (int i = 0; i < oldest; i++)
        {
            (double Violation, int Beaten) standing = (_rows[i].Violation, Beaten(i, oldest));
            if (standing.CompareTo(most) >= 0)
            {
                (worst, most) = (i, standing);
            }
        }

        return worst;
    }

    private int Beaten(int row, int oldest)
    {
        int beaten = 0;
        for (int i = 0; i < oldest; i++)
        {
            beaten += ParetoRanks.Dominates(_rows[i].Values, _rows[row].Values) ? 1 : 0;
        }

        return beaten;
    }
}
