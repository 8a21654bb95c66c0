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
    public ReadOnlySpan<double> Values(int objective) => _history is null ? [] : _history.Values(objective)[..Count];

    /// <summary>A parameter's coordinates, NaN where a trial did not have it; empty when no trial had.</summary>
    public ReadOnlySpan<double> Column(string parameter)
    {
        if (_history is null)
        {
            return [];
        }

        ReadOnlySpan<double> column = _history.Column(parameter);
        return column.IsEmpty ? column : column[..Count];
    }
}
