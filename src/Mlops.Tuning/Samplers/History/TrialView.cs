namespace Mlops.Tuning;

/// <summary>
/// The trials of a study that had finished when a trial began, in the order of finishing, by columns of <see cref="Count"/> entries.
/// </summary>
public readonly struct TrialView
{
    private readonly TrialHistory? _history;

    internal TrialView(TrialHistory history, int count)
    {
        _history = history;
        Count = count;
    }

    /// <summary>How many trials there are.</summary>
    public int Count { get; }

    /// <summary>The trials' numbers.</summary>
    public ReadOnlySpan<int> Numbers => _history is null ? [] : _history.Numbers[..Count];

    /// <summary>The number at a place that a later view has, for whoever has followed that view before this one.</summary>
    internal int NumberBeyond(int index) => _history!.Numbers[index];

    /// <summary>Where the same trial paused last before it came to a place, -1 where it had not.</summary>
    internal int Earlier(int index) => _history!.Earlier[index];

    /// <summary>Whether a place is a pause of a trial that has gone on since and has another place in this view, which says more.</summary>
    internal bool IsSuperseded(int index) => _history!.Later[index] < Count;

    /// <summary>Whether a place has an outcome to learn from: completed or pruned, and no pause that the trial has left behind.</summary>
    internal bool IsUsable(int index) => TpeSplit.IsUsable(_history!.States[index]) && !IsSuperseded(index);

    /// <summary>Reads what a trial had, one coordinate per name.</summary>
    /// <returns>Whether it had all of them; the coordinates are not to be used otherwise.</returns>
    internal bool TryRead(int index, string[] names, Span<double> coordinates)
    {
        for (int d = 0; d < names.Length; d++)
        {
            ReadOnlySpan<double> column = Column(names[d]);
            if (column.IsEmpty || double.IsNaN(column[index]))
            {
                return false;
            }

            coordinates[d] = column[index];
        }

        return true;
    }

    /// <summary>Completed, pruned or failed; a trial that paused is pruned at that place, and has another place if it went on.</summary>
    public ReadOnlySpan<TrialState> States => _history is null ? [] : _history.States[..Count];

    /// <summary>The step of the last report, -1 without one.</summary>
    public ReadOnlySpan<int> LastSteps => _history is null ? [] : _history.LastSteps[..Count];

    /// <summary>The value of the last report, NaN without one.</summary>
    public ReadOnlySpan<double> LastReports => _history is null ? [] : _history.LastReports[..Count];

    /// <summary>By how much a trial misses its constraints, summed; 0 where it satisfies all or has none.</summary>
    public ReadOnlySpan<double> Violations => _history is null ? [] : _history.Violations[..Count];

    /// <summary>The constraint that is closest to being missed, or missed most: its value, 0 or less where all are satisfied; NaN without constraints.</summary>
    public ReadOnlySpan<double> LargestConstraints => _history is null ? [] : _history.LargestConstraints[..Count];

    /// <summary>An objective's values, NaN where a trial has none.</summary>
    /// <param name="objective">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The study has no such objective.</exception>
    public ReadOnlySpan<double> Values(int objective)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(objective);
        if (_history is null)
        {
            return [];
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(objective, _history.Objectives);
        return _history.Values(objective)[..Count];
    }

    /// <summary>A parameter's coordinates, NaN where a trial did not have it; empty when no trial had.</summary>
    public ReadOnlySpan<double> Column(string parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (_history is null)
        {
            return [];
        }

        ReadOnlySpan<double> column = _history.Column(parameter);
        return column.IsEmpty ? column : column[..Count];
    }
}
