using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The reference that a window is compared with: one part, all parts, or a mixture in the window's seasonal proportions.</summary>
internal sealed class ReferenceView
{
    private const string All = "all";

    private ReferenceView(long rows, NumericSummary[] numeric, CategoricalSummary[] categorical, PreparedSample[] samples, string description)
    {
        Rows = rows;
        Numeric = numeric;
        Categorical = categorical;
        Samples = samples;
        Description = description;
    }

    public long Rows { get; }

    public NumericSummary[] Numeric { get; }

    public CategoricalSummary[] Categorical { get; }

    public PreparedSample[] Samples { get; }

    public string Description { get; }

    /// <summary>
    /// The view for these rows, and the rows it covers: those of a season without reference are left out. Null when none is left.
    /// </summary>
    public static (ReferenceView View, RowSet Covered)? For(Season season, SeasonalParts parts, RowSet rows, bool seasonMatched)
    {
        if (season == Season.None || !seasonMatched)
            return rows.Count > 0 && parts.Whole is { } whole ? (Of(whole, All), rows) : null;

        int[] keys = new int[rows.Count];
        long[] perKey = new long[parts.Count];
        List<int> covered = [];
        for (int i = 0; i < rows.Count; i++)
        {
            keys[i] = rows.Ticks[i] == RowFacts.NoTime ? -1 : SeasonKey.Of(season, rows.Ticks[i]);
            if (keys[i] < 0 || parts[keys[i]] is null)
                continue;
            covered.Add(i);
            perKey[keys[i]]++;
        }

        if (covered.Count == 0)
            return null;
        RowSet chosen = covered.Count == rows.Count ? rows : rows.Take([.. covered]);
        int single = Array.IndexOf(perKey, covered.Count);
        return single >= 0
            ? (Of(parts[single]!, SeasonKey.Name(season, single)), chosen)
            : (Mix(season, parts, perKey, covered.Count), chosen);
    }

    /// <summary>The view for a window that is itself described by parts, and those that it covers.</summary>
    public static (ReferenceView View, ProfilePart Covered)? For(Season season, SeasonalParts parts, SeasonalParts window)
    {
        List<ProfilePart> covered = [];
        long[] perKey = new long[parts.Count];
        for (int key = 0; key < perKey.Length; key++)
        {
            if (parts[key] is null || window[key] is not { } part)
                continue;
            covered.Add(part);
            perKey[key] = part.Rows;
        }

        if (ProfilePart.Merge(covered, window.MaximumSample) is not { } whole)
            return null;
        int single = Array.IndexOf(perKey, whole.Rows);
        return single >= 0
            ? (Of(parts[single]!, season == Season.None ? All : SeasonKey.Name(season, single)), whole)
            : (Mix(season, parts, perKey, whole.Rows), whole);
    }

    /// <summary>The whole reference, whatever the time of the rows.</summary>
    public static ReferenceView Whole(ReferenceProfile profile) => Of(profile.Parts.Whole!, All);

    private static ReferenceView Of(ProfilePart part, string description) =>
        new(part.Rows, part.Numeric, part.Categorical, part.Prepared, description);

    /// <summary>Draws from each part's sample in proportion to the window, as many rows as the scarcest part allows.</summary>
    private static ReferenceView Mix(Season season, SeasonalParts parts, long[] perKey, long windowRows)
    {
        double total = double.PositiveInfinity;
        for (int key = 0; key < perKey.Length; key++)
        {
            if (perKey[key] > 0)
                total = Math.Min(total, (double)parts[key]!.Sample.Count * windowRows / perKey[key]);
        }

        ProfilePart pattern = parts[Array.FindIndex(perKey, static rows => rows > 0)]!;
        List<RowSample> drawn = [];
        NumericSummary[] numeric = Array.ConvertAll(pattern.Numeric, static summary => new NumericSummary(summary.Histogram.Edges));
        CategoricalSummary[] categorical = Array.ConvertAll(pattern.Categorical, static summary => new CategoricalSummary(summary.Counts.Length - 1));
        List<string> names = [];
        for (int key = 0; key < perKey.Length; key++)
        {
            if (perKey[key] == 0)
                continue;
            ProfilePart part = parts[key]!;
            int count = Math.Max(1, (int)(total * perKey[key] / windowRows));
            drawn.Add(part.Sample.Take(count));
            for (int c = 0; c < numeric.Length; c++)
                numeric[c].Inflation = Math.Max(numeric[c].Inflation, part.Numeric[c].Inflation);
            for (int c = 0; c < categorical.Length; c++)
                categorical[c].Inflation = Math.Max(categorical[c].Inflation, part.Categorical[c].Inflation);
            names.Add(SeasonKey.Name(season, key));
        }

        RowSample mixed = RowSample.Merge(drawn, int.MaxValue);
        for (int c = 0; c < numeric.Length; c++)
            numeric[c].Add<double>(mixed.Numbers[c]);
        for (int c = 0; c < categorical.Length; c++)
            categorical[c].AddBins(mixed.Bins[c]);
        return new ReferenceView(
            mixed.Count, numeric, categorical, Array.ConvertAll(mixed.Numbers, static column => PreparedSample.From(column)), string.Join(" + ", names));
    }
}
