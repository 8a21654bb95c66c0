using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>The reference that a window is compared with: one part, all parts, or a mixture in the window's seasonal proportions.</summary>
internal sealed class ReferenceView
{
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
    public static (ReferenceView View, RowSet Covered)? For(ReferenceProfile profile, RowSet rows, bool seasonMatched)
    {
        if (profile.Season == Season.None || !seasonMatched)
            return rows.Count == 0 ? null : (Whole(profile), rows);

        int[] keys = new int[rows.Count];
        int[] perKey = new int[profile.Parts.Length];
        List<int> covered = [];
        for (int i = 0; i < rows.Count; i++)
        {
            keys[i] = rows.Ticks[i] == RowFacts.NoTime ? -1 : SeasonKey.Of(profile.Season, rows.Ticks[i]);
            if (keys[i] < 0 || profile.Parts[keys[i]] is null)
                continue;
            covered.Add(i);
            perKey[keys[i]]++;
        }

        if (covered.Count == 0)
            return null;
        RowSet chosen = covered.Count == rows.Count ? rows : rows.Take([.. covered]);
        int single = Array.IndexOf(perKey, covered.Count);
        return single >= 0
            ? (Of(profile.Parts[single]!, SeasonKey.Name(profile.Season, single)), chosen)
            : (Mix(profile, perKey, covered.Count), chosen);
    }

    /// <summary>The whole reference, whatever the time of the rows.</summary>
    public static ReferenceView Whole(ReferenceProfile profile) => Of(profile.Whole, "all");

    private static ReferenceView Of(ProfilePart part, string description) =>
        new(part.Rows, part.Numeric, part.Categorical, part.Prepared, description);

    /// <summary>Draws from each part's sample in proportion to the window, as many rows as the scarcest part allows.</summary>
    private static ReferenceView Mix(ReferenceProfile profile, int[] perKey, int windowRows)
    {
        double total = double.PositiveInfinity;
        for (int key = 0; key < perKey.Length; key++)
        {
            if (perKey[key] > 0)
                total = Math.Min(total, (double)profile.Parts[key]!.Sample.Count * windowRows / perKey[key]);
        }

        List<RowSample> drawn = [];
        NumericSummary[] numeric = Array.ConvertAll(profile.NumericFrames, static frame => new NumericSummary(frame.Edges));
        CategoricalSummary[] categorical = Array.ConvertAll(profile.CategoricalFrames, static frame => new CategoricalSummary(frame.Names.Length));
        List<string> names = [];
        for (int key = 0; key < perKey.Length; key++)
        {
            if (perKey[key] == 0)
                continue;
            ProfilePart part = profile.Parts[key]!;
            int count = Math.Max(1, (int)(total * perKey[key] / windowRows));
            drawn.Add(part.Sample.Take(count));
            for (int c = 0; c < numeric.Length; c++)
                numeric[c].Inflation = Math.Max(numeric[c].Inflation, part.Numeric[c].Inflation);
            for (int c = 0; c < categorical.Length; c++)
                categorical[c].Inflation = Math.Max(categorical[c].Inflation, part.Categorical[c].Inflation);
            names.Add(SeasonKey.Name(profile.Season, key));
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
