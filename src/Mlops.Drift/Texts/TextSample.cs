namespace Mlops.Drift;

/// <summary>The texts of one side that are compared, with what is known of each.</summary>
internal sealed class TextSample
{
    public TextSample(IReadOnlyList<string?> texts, TextFeatures features, WordShares words, bool isReference, TextDriftOptions options)
    {
        List<string> present = [];
        foreach (string? text in texts)
        {
            if (text is not null)
                present.Add(text);
        }

        Given = texts.Count;
        Missing = texts.Count - present.Count;
        int[] chosen = HashedSample.Of(present.Count, options.MaximumTexts, isReference ? options.Seed : ~options.Seed);
        Characters = Array.ConvertAll(chosen, i => (double)present[i].Length);
        Words = new double[chosen.Length];
        Rows = new FeatureRow[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            ReadOnlySpan<char> text = present[chosen[i]];
            Rows[i] = features.Of(text[..Math.Min(text.Length, options.MaximumCharacters)], words, isReference, out int count);
            Words[i] = count;
        }
    }

    public int Given { get; }

    public int Missing { get; }

    public int Count => Rows.Length;

    public double[] Characters { get; }

    public double[] Words { get; }

    public FeatureRow[] Rows { get; }
}
