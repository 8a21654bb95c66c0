namespace Mlops.Tuning;

/// <summary>
/// Which parameters are chosen together, as it follows from the first n finished trials: those that every trial has, or, grouped, the
/// parts into which the trials' parameter sets divide each other. Kept with the points of change, so that earlier views can be served again.
/// </summary>
internal sealed class SpaceGroups(bool grouped)
{
    private readonly List<(int Count, string[][] Groups)> _changes = [];
    private int _seen;

    /// <summary>The groups for a view, each in ordinal order of names.</summary>
    public string[][] For(TrialView view, IEnumerable<string> parameters)
    {
        if (_seen < view.Count)
        {
            for (; _seen < view.Count; _seen++)
            {
                if (TpeSplit.IsUsable(view.States[_seen]) && !IsAsBefore(view, _seen, parameters))
                {
                    Add(_seen, NamesOf(view, _seen, [.. parameters.Order(StringComparer.Ordinal)]));
                }
            }
        }

        for (int i = _changes.Count - 1; i >= 0; i--)
        {
            if (_changes[i].Count <= view.Count)
            {
                return _changes[i].Groups;
            }
        }

        return [];
    }

    /// <summary>Whether a trial's parameters leave the groups as they are, as nearly every one's do.</summary>
    private bool IsAsBefore(TrialView view, int index, IEnumerable<string> parameters)
    {
        if (_changes.Count == 0)
        {
            return false;
        }

        int grouping = 0;
        foreach (string[] group in _changes[^1].Groups)
        {
            int present = 0;
            foreach (string name in group)
            {
                present += Has(view, index, name) ? 1 : 0;
            }

            if (present != group.Length && !(grouped && present == 0))
            {
                return false;
            }

            grouping += present;
        }

        if (!grouped)
        {
            return true;
        }

        foreach (string name in parameters)
        {
            grouping -= Has(view, index, name) ? 1 : 0;
        }

        return grouping == 0;
    }

    private static bool Has(TrialView view, int index, string name)
    {
        ReadOnlySpan<double> column = view.Column(name);
        return !column.IsEmpty && !double.IsNaN(column[index]);
    }

    private static HashSet<string> NamesOf(TrialView view, int index, string[] names)
    {
        HashSet<string> present = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (Has(view, index, name))
            {
                present.Add(name);
            }
        }

        return present;
    }

    private void Add(int index, HashSet<string> present)
    {
        List<string[]> next = [];
        if (_changes.Count == 0)
        {
            next.Add([.. present]);
        }
        else if (!grouped)
        {
            next.Add([.. _changes[^1].Groups.SelectMany(static group => group).Where(present.Contains)]);
        }
        else
        {
            foreach (string[] group in _changes[^1].Groups)
            {
                next.Add([.. group.Where(present.Contains)]);
                next.Add([.. group.Where(name => !present.Contains(name))]);
                present.ExceptWith(group);
            }

            next.Add([.. present]);
        }

        string[][] groups = [.. next.Where(static group => group.Length > 0)];
        if (_changes.Count == 0 || groups.Length != _changes[^1].Groups.Length || groups.Sum(static group => group.Length) != _changes[^1].Groups.Sum(static group => group.Length))
        {
            _changes.Add((index + 1, groups));
        }
    }
}
