namespace Mlops.Tuning;

public sealed partial class Study
{
    /// <summary>
    /// Reads the first trials in the order in which this study's trials see them: of finishing, or with a lag of numbers. Trials whose row is damaged or gone
    /// keep their place as failed ones.
    /// </summary>
    private async Task FollowAsync(int count, CancellationToken cancellationToken)
    {
        while (_history.Count < count)
        {
            List<HistoryRow> rows = await (Row.Lag is null
                ? _studies.Store.ReadHistoryAsync(Row, _history.Count, count, cancellationToken)
                : _studies.Store.ReadHistoryByNumberAsync(Row, _history.Count, count, cancellationToken)).ConfigureAwait(false);
            if (!rows.TrueForAll(row => row.Parameters.TrueForAll(parameter => Space.Holds(parameter.Key, parameter.Value))))
            {
                // Another process has added a parameter or widened its bounds.
                foreach ((string name, ParameterDomain domain) in await _studies.Store.ReadDomainsAsync(Row, cancellationToken).ConfigureAwait(false))
                {
                    Space.Learn(name, domain);
                }
            }

            int before = _history.Count;
            int unreadable = 0;
            foreach (HistoryRow row in rows)
            {
                unreadable += PadTo((int)row.Place - 1) + (row.IsUnreadable ? 1 : 0);
                if (row.Place > _history.Count)
                {
                    _history.Add(row, Space);
                }
            }

            if (_history.Count == before)
            {
                unreadable += PadTo(count);
            }

            if (unreadable > 0)
            {
                _studies.Logger.TrialsUnreadable(Name, unreadable);
            }
        }
    }

    private int PadTo(int count)
    {
        int missing = count - _history.Count;
        for (int i = 0; i < missing; i++)
        {
            _history.Add(HistoryRow.Unreadable(HistoryRow.NoNumber), Space);
        }

        return Math.Max(0, missing);
    }
}
