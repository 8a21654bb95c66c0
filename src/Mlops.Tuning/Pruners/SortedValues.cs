namespace Mlops.Tuning;

/// <summary>Values in ascending order, which come and go one by one; NaN is only counted.</summary>
internal sealed class SortedValues
{
    private readonly List<double> _values;

    public SortedValues(IEnumerable<double> values)
    {
        _values = [];
        foreach (double value in values)
        {
            if (double.IsNaN(value))
            {
                NaNs++;
            }
            else
            {
                _values.Add(value);
            }
        }

        _values.Sort();
    }

    public int NaNs { get; private set; }

    /// <summary>How many there are besides NaN.</summary>
    public int Count => _values.Count;

    public double this[int place] => _values[place];

    public void Add(double value)
    {
        if (double.IsNaN(value))
        {
            NaNs++;
            return;
        }

        int place = _values.BinarySearch(value);
        _values.Insert(place < 0 ? ~place : place, value);
    }

    /// <summary>Takes out a value that was added.</summary>
    public void Remove(double value)
    {
        if (double.IsNaN(value))
        {
            NaNs--;
        }
        else
        {
            _values.RemoveAt(_values.BinarySearch(value));
        }
    }
}
