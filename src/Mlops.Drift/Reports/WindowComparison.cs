namespace Mlops.Drift;

/// <summary>Compares the rows of a window with a profile: the heart of batch reports and monitors alike.</summary>
internal static class WindowComparison
{
    /// <summary>A reference at least this many times the window keeps the false alarm rate of a given reference within twice the nominal one.</summary>
    private const int ComfortableRatio = 10;

    public static ComparedWindow Compare(ReferenceProfile profile, RowSet rows, DriftThresholds thresholds, bool seasonMatched = true)
    {
        List<string> warnings = [];
        if (ReferenceView.For(profile, rows, seasonMatched) is not var (view, covered))
        {
            return new ComparedWindow([], DriftVerdict.Undecided, 0, null,
                [rows.Count == 0 ? "The window is empty." : "The reference has no row of the window's season."]);
        }

        if (covered.Count < rows.Count)
            warnings.Add($"{rows.Count - covered.Count} rows have no time or fall into a season the reference does not know; they were left out.");
        ColumnComparison comparison = new(thresholds);
        List<FeatureDrift> features = new(profile.Schema.Columns.Count);
        foreach (DriftColumn column in profile.Schema.Columns)
        {
            int slot = column.Slot;
            features.Add(column.Kind == ColumnKind.Numeric
                ? comparison.Numeric(column, profile.NumericFrames[slot], view.Numeric[slot], view.Samples[slot], covered.Numeric(slot))
                : comparison.Categorical(column, profile.CategoricalFrames[slot], view.Categorical[slot], covered.Categorical(slot), covered.Categories[slot]));
        }

        return Decide(features, covered.Count, view.Description, warnings, thresholds);
    }

    /// <summary>The same of a batch by columns, which knows no times.</summary>
    public static ComparedWindow Compare(ReferenceProfile profile, DriftBatch batch, DriftThresholds thresholds)
    {
        if (batch.Rows == 0)
            return new ComparedWindow([], DriftVerdict.Undecided, 0, null, ["The window is empty."]);
        List<string> warnings = profile.Season == Season.None
            ? []
            : [$"A batch by columns has no times, so it was compared with the reference of all seasons, not by {profile.Season}."];
        ColumnComparison comparison = new(thresholds);
        ReferenceView view = ReferenceView.Whole(profile);
        List<FeatureDrift> features = new(profile.Schema.Columns.Count);
        foreach (DriftColumn column in profile.Schema.Columns)
        {
            int slot = column.Slot;
            if (column.Kind == ColumnKind.Categorical)
            {
                CategoryTable table = new(DriftReport.MaximumBatchCategories);
                IReadOnlyList<string?> texts = batch.Texts(slot);
                int[] codes = new int[batch.Rows];
                for (int i = 0; i < codes.Length; i++)
                    codes[i] = table.Encode(texts[i]);
                features.Add(comparison.Categorical(column, profile.CategoricalFrames[slot], view.Categorical[slot], codes, table.ToArray()));
            }
            else
            {
                features.Add(batch.Singles(slot) is { } singles
                    ? comparison.Numeric(column, profile.NumericFrames[slot], view.Numeric[slot], view.Samples[slot], singles.Span)
                    : comparison.Numeric(column, profile.NumericFrames[slot], view.Numeric[slot], view.Samples[slot], batch.Doubles(slot)));
            }
        }

        return Decide(features, batch.Rows, view.Description, warnings, thresholds);
    }

    private static ComparedWindow Decide(List<FeatureDrift> features, int rows, string season, List<string> warnings, DriftThresholds thresholds)
    {
        FeatureDrift[] decided = FeatureVerdicts.Decide(features, thresholds);
        long scarcest = decided.Min(static feature => feature.ReferenceRows);
        if (scarcest < (long)ComfortableRatio * rows)
        {
            warnings.Add(
                $"The reference has {scarcest} rows for a window of {rows}. Below ten to one, what this reference happened to hold "
                + "shows: over its lifetime it may alarm more, or less, than twice the nominal rate.");
        }

        return new ComparedWindow(decided, FeatureVerdicts.Overall(decided), rows, season, warnings);
    }
}
