namespace Mlops.Drift;

/// <summary>Compares the rows of each segment with the reference's rows of the same one.</summary>
internal static class SegmentComparison
{
    /// <summary>The segments that the window and the reference's season both know, without verdicts yet.</summary>
    public static List<SegmentDrift> Compare(ReferenceProfile profile, RowSet rows, ColumnComparison comparison, bool seasonMatched)
    {
        List<SegmentDrift> compared = [];
        foreach (IGrouping<int, SegmentReference> column in profile.Segments.GroupBy(static segment => segment.Slot))
        {
            Dictionary<string, List<int>> members = Members(rows, column.Key);
            foreach (SegmentReference segment in column)
            {
                if (members.TryGetValue(segment.Value, out List<int>? indexes)
                    && ReferenceView.For(profile.Season, segment.Parts, rows.Take([.. indexes]), seasonMatched) is var (view, covered))
                {
                    compared.Add(Compare(profile, segment, view, covered.Count, column => comparison.Of(column, profile, view, covered)));
                }
            }
        }

        return compared;
    }

    /// <summary>The same of a window described by a profile.</summary>
    public static List<SegmentDrift> Compare(ReferenceProfile profile, ReferenceProfile window, ColumnComparison comparison)
    {
        List<SegmentDrift> compared = [];
        for (int i = 0; i < profile.Segments.Length; i++)
        {
            SegmentReference segment = profile.Segments[i];
            if (ReferenceView.For(profile.Season, segment.Parts, window.Segments[i].Parts) is var (view, covered))
                compared.Add(Compare(profile, segment, view, covered.Rows, column => comparison.Of(column, profile, view, covered)));
        }

        return compared;
    }

    private static SegmentDrift Compare(ReferenceProfile profile, SegmentReference segment, ReferenceView view, long rows, Func<DriftColumn, FeatureDrift> comparison)
    {
        DriftColumn own = profile.Schema.CategoricalColumns[segment.Slot];
        return new SegmentDrift
        {
            Column = own.Name,
            Value = segment.Value,
            Verdict = DriftVerdict.Undecided,
            Rows = rows,
            ReferenceRows = view.Rows,
            Features = [.. profile.Schema.Columns.Where(column => column != own).Select(comparison)],
        };
    }

    /// <summary>The rows of each value.</summary>
    private static Dictionary<string, List<int>> Members(RowSet rows, int slot)
    {
        List<int>?[] byCode = new List<int>?[rows.Categories[slot].Length];
        for (int row = 0; row < rows.Count; row++)
        {
            int code = rows.Codes[slot][row];
            if (code >= 0)
                (byCode[code] ??= []).Add(row);
        }

        Dictionary<string, List<int>> members = new(StringComparer.Ordinal);
        for (int code = 0; code < byCode.Length; code++)
        {
            if (byCode[code] is { } indexes)
                members.Add(rows.Categories[slot][code], indexes);
        }

        return members;
    }
}
