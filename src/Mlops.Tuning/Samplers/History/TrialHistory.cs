using System.Collections.Concurrent;

namespace Mlops.Tuning;

/// <summary>
/// A study's finished trials in the order of finishing, by columns. It only grows, so what a trial saw when it began can be seen
/// again at any time: the first <see cref="TrialView.Count"/> entries. One writer, any number of readers.
/// </summary>
internal sealed class TrialHistory
{
    private const int InitialCapacity = 64;

    private readonly ConcurrentDictionary<string, double[]> _columns = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _pauses = [];
    private int[] _numbers = new int[InitialCapacity];
    private int[] _earlier = new int[InitialCapacity];
    private int[] _later = new int[InitialCapacity];
    private TrialState[] _states = new TrialState[InitialCapacity];
    private double[][] _values;
    private int[] _lastSteps = new int[InitialCapacity];
    private double[] _violations = new double[InitialCapacity];
    private double[] _largestConstraints = new double[InitialCapacity];
    private double[] _lastReports = new double[InitialCapacity];

    public TrialHistory(int objectives)
    {
        Objectives = objectives;
        _values = new double[objectives][];
        for (int i = 0; i < objectives; i++)
        {
            _values[i] = new double[InitialCapacity];
        }
    }

    /// <summary>How many trials are known, which is the finish sequence of the last one.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<int> Numbers => _numbers;

    /// <summary>Where the same trial paused last before it came to a place, -1 where it had not.</summary>
    public ReadOnlySpan<int> Earlier => _earlier;

    /// <summary>Where a trial that paused at a place came next, <see cref="int.MaxValue"/> where it has not gone on.</summary>
    public ReadOnlySpan<int> Later => _later;

    public ReadOnlySpan<TrialState> States => _states;

    public ReadOnlySpan<int> LastSteps => _lastSteps;

    public ReadOnlySpan<double> LastReports => _lastReports;

    public ReadOnlySpan<double> Violations => _violations;

    public ReadOnlySpan<double> LargestConstraints => _largestConstraints;

    public int Objectives { get; }

    public ReadOnlySpan<double> Values(int objective) => Volatile.Read(ref _values)[objective];

    /// <summary>A parameter's coordinates, NaN where a trial did not have it; empty when no trial had.</summary>
    public ReadOnlySpan<double> Column(string parameter) => _columns.TryGetValue(parameter, out double[]? column) ? column : [];

    public IEnumerable<string> Parameters => _columns.Keys;

    public void Add(HistoryRow row, StudySpace space)
    {
        int index = Count;
        if (index == _numbers.Length)
        {
            Grow(index * 2);
        }

        _numbers[index] = row.Number;
        Link(index, row);
        _states[index] = row.State;
        _lastSteps[index] = row.LastReport?.Step ?? -1;
        _lastReports[index] = row.LastReport?.Value ?? double.NaN;
        _violations[index] = row.Violation;
        _largestConstraints[index] = row.LargestConstraint;
        for (int i = 0; i < Objectives; i++)
        {
            _values[i][index] = i < row.Values.Count ? row.Values[i] : double.NaN;
        }

        foreach ((string name, ParameterValue value) in row.Parameters)
        {
            if (space.Parameters.TryGetValue(name, out ParameterDomain? domain))
            {
                Column(name, _numbers.Length)[index] = domain.ToCoordinate(value) ?? double.NaN;
            }
        }

        Count = index + 1;
    }

    /// <summary>A pause looks like the end of a pruned trial until the trial comes again. Rows that are gone have no number that could.</summary>
    private void Link(int index, HistoryRow row)
    {
        (_earlier[index], _later[index]) = (-1, int.MaxValue);
        if (_pauses.Remove(row.Number, out int earlier))
        {
            _earlier[index] = earlier;
            _later[earlier] = index;
        }

        if (row.State == TrialState.Pruned)
        {
            _pauses.Add(row.Number, index);
        }
    }

    private double[] Column(string name, int capacity)
    {
        if (!_columns.TryGetValue(name, out double[]? column))
        {
            column = new double[capacity];
            Array.Fill(column, double.NaN);
            _columns[name] = column;
        }

        return column;
    }

    /// <summary>Arrays are replaced, never shortened: a reader of the old ones sees the same entries.</summary>
    private void Grow(int capacity)
    {
        Array.Resize(ref _numbers, capacity);
        Array.Resize(ref _earlier, capacity);
        Array.Resize(ref _later, capacity);
        Array.Resize(ref _states, capacity);
        Array.Resize(ref _lastSteps, capacity);
        Array.Resize(ref _lastReports, capacity);
        Array.Resize(ref _violations, capacity);
        Array.Resize(ref _largestConstraints, capacity);
        double[][] values = new double[Objectives][];
        for (int i = 0; i < Objectives; i++)
        {
            values[i] = new double[capacity];
            _values[i].CopyTo(values[i], 0);
        }

        Volatile.Write(ref _values, values);
        foreach ((string name, double[] column) in _columns)
        {
            double[] grown = new double[capacity];
            column.CopyTo(grown, 0);
            grown.AsSpan(column.Length).Fill(double.NaN);
            _columns[name] = grown;
        }
    }
}
