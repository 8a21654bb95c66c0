using System.Globalization;

namespace Mlops.Drift;

/// <summary>Compares the rows of a window with a profile: the heart of batch reports and monitors alike.</summary>
internal static class WindowComparison
{
    public static ComparedWindow Compare(ReferenceProfile profile, RowSet rows, DriftThresholds thresholds, bool seasonMatched = true)
    {
        List<string> warnings = [];
        if (ReferenceView.For(profile.Season, profile.Parts, rows, seasonMatched) is not var (view, covered))
            return Nothing(rows.Count == 0 ? "The window is empty." : "The reference has no row of the window's season.");
        if (covered.Count < rows.Count)
            warnings.Add($"{rows.Count - covered.Count} rows have no time or fall into a season the reference does not know; they were left out.");
        ColumnComparison comparison = new(thresholds);
        FeatureDrift[] features = [.. profile.Schema.Columns.Select(column => comparison.Of(column, profile, view, covered))];
        List<SegmentDrift> segments = SegmentComparison.Compare(profile, covered, comparison, seasonMatched);
        return Decide(features, segments, covered.Count, view.Description, warnings, thresholds);
    }

    /// <summary>The same of a batch by columns, which knows no times.</summary>
    public static ComparedWindow Compare(ReferenceProfile profile, DriftBatch batch, DriftThresholds thresholds)
    {
        if (batch.Rows == 0)
            return Nothing("The window is empty.");
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
                features.Add(comparison.Categorical(column, profile.CategoricalFrames[slot], view, codes, table.ToArray()));
            }
            else
            {
                features.Add(batch.Singles(slot) is { } singles
                    ? comparison.Numeric(column, profile.NumericFrames[slot], view, singles.Span)
                    : comparison.Numeric(column, profile.NumericFrames[slot], view, batch.Doubles(slot)));
            }
        }

        List<SegmentDrift> segments = profile.Segments.Length == 0 ? [] : SegmentComparison.Compare(profile, batch.ToRows(), comparison, seasonMatched: false);
        return Decide(features, segments, batch.Rows, view.Description, warnings, thresholds);
    }

    /// <summary>The same of a window described by a profile of the same bins and categories.</summary>
    public static ComparedWindow Compare(ReferenceProfile profile, ReferenceProfile window, DriftThresholds thresholds)
    {
        if (ReferenceView.For(profile.Season, profile.Parts, window.Parts) is not var (view, covered))
            return Nothing("The reference has no row of the window's season.");
        List<string> warnings = [];
        if (covered.Rows < window.Rows)
            warnings.Add($"{window.Rows - covered.Rows} rows fall into a season the reference does not know; they were left out.");
        if (window.ModelVersion is { } version && profile.ModelVersion is { } own && version != own)
            warnings.Add($"The window is of model version '{version}', the reference of '{own}'.");
        ColumnComparison comparison = new(thresholds);
        FeatureDrift[] features = [.. profile.Schema.Columns.Select(column => comparison.Of(column, profile, view, covered))];
        return Decide(features, SegmentComparison.Compare(profile, window, comparison), covered.Rows, view.Description, warnings, thresholds);
    }

    private static ComparedWindow Nothing(string reason) => new([], [], DriftVerdict.Undecided, 0, null, null, [reason]);

    private static ComparedWindow Decide(
        IReadOnlyList<FeatureDrift> features, List<SegmentDrift> segments, long rows, string season, List<string> warnings, DriftThresholds thresholds)
    {
        DecidedFamily[] families = FeatureVerdicts.Decide([features, .. segments.Select(static segment => segment.Features)], thresholds);
        SegmentDrift[] decided = [.. segments.Zip(families.Skip(1), static (segment, family) => segment with
        {
            Features = family.Features,
            Verdict = FeatureVerdicts.Overall(family.Features),
            PValue = family.PValue,
            AdjustedPValue = family.AdjustedPValue,
        })];
        Warn(warnings, families[0].Features, rows, decided, thresholds);

        // A small segment is often undecided, which says nothing about the whole; a segment's drift does.
        DriftVerdict verdict = Array.Exists(decided, static segment => segment.Verdict == DriftVerdict.Drift)
            ? DriftVerdict.Drift
            : FeatureVerdicts.Overall(families[0].Features);
        return new ComparedWindow(families[0].Features, decided, verdict, rows, families.Min(static family => family.AdjustedPValue), season, warnings);
    }

    private static void Warn(List<string> warnings, IReadOnlyList<FeatureDrift> features, long rows, SegmentDrift[] segments, DriftThresholds thresholds)
    {
        long scarcest = features.Min(static feature => feature.ReferenceRows);
        if (scarcest < ReferenceSpread.ComfortableRatio * rows)
        {
            warnings.Add(
                $"The reference has {scarcest} rows for a window of {rows}. Below ten to one, what this reference happened to hold "
                + $"shows: over its lifetime a column's false alarm rate may be {Times(scarcest, rows, thresholds)}.");
        }

        SegmentDrift[] scarce = Array.FindAll(segments, static segment => Scarcest(segment) < ReferenceSpread.ComfortableRatio * segment.Rows);
        if (scarce.Length > 0)
        {
            SegmentDrift worst = scarce.MinBy(static segment => (double)Scarcest(segment) / segment.Rows)!;
            warnings.Add(
                $"{scarce.Length} of {segments.Length} segments have fewer than ten sampled reference rows for each row of the window: over this reference's lifetime a column's "
                + $"false alarm rate in them may be {Times(Scarcest(worst), worst.Rows, thresholds)}. MaximumSegmentSampleRows can be raised.");
        }
    }

    private static long Scarcest(SegmentDrift segment) => segment.Features.Min(static feature => feature.ReferenceRows);

    private static string Times(long reference, long rows, DriftThresholds thresholds) => reference == 0
        ? "anything"
        : string.Create(CultureInfo.InvariantCulture, $"up to {ReferenceSpread.Bound(reference, rows, thresholds.Alpha):0.0} times the nominal one for 95 % of references");
}
