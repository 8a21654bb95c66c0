namespace Mlops.Tuning;

/// <summary>What a trial sees of sorted values: all but those of trials that are hidden from it.</summary>
internal readonly struct RankedValues
{
    private readonly SortedValues _all;

    // Sorted, a few.
    private readonly double[] _hidden;
    private readonly int _hiddenNaNs;

    public RankedValues(SortedValues all, IEnumerable<double> hidden)
    {
        _all = all;
        double[] values = [.. hidden];
        _hidden = Array.FindAll(values, static value => !double.IsNaN(value));
        _hiddenNaNs = values.Length - _hidden.Length;
        Array.Sort(_hidden);
    }

    /// <summary>How many there are besides NaN.</summary>
    public int Count => _all.Count - _hidden.Length;

    /// <summary>How many there are, NaN included.</summary>
    public int Reported => Count + _all.NaNs - _hiddenNaNs;

    /// <summary>The value at a place from 0, the best first.</summary>
    public double this[int place]
    {
        get
        {
            foreach (double hidden in _hidden)
            {
                if (!(hidden <= _all[place]))
                {
                    break;
                }

                place++;
            }

            return _all[place];
        }
    }
}
