namespace Mlops.Drift;

/// <summary>
/// Texts as counts of hashed words and character trigrams in lower case. Hashes depend on the characters alone, so texts of any process have the same columns. Words are runs of letters and digits. Not thread-safe.
/// </summary>
internal sealed class TextFeatures
{
    /// <summary>Columns of words, and as many of trigrams.</summary>
    private const int Columns = 1 << 14;

    // What is longer is no word, and would only cost memory.
    private const int LongestWord = 64;

    private readonly int[] _counts = new int[2 * Columns];
    private readonly List<int> _touched = [];
    private char[] _lower = [];

    /// <summary>The counts of a text; its words are counted as well.</summary>
    public FeatureRow Of(ReadOnlySpan<char> text, WordShares shares, bool isReference, out int words)
    {
        if (_lower.Length < text.Length)
            _lower = new char[text.Length];
        Span<char> lower = _lower.AsSpan(0, text.Length);
        text.ToLowerInvariant(lower);
        shares.StartText();
        words = 0;
        for (int start = 0; start < lower.Length; start++)
        {
            if (!char.IsLetterOrDigit(lower[start]))
                continue;
            int end = start + 1;
            while (end < lower.Length && char.IsLetterOrDigit(lower[end]))
                end++;
            ReadOnlySpan<char> word = lower[start..Math.Min(end, start + LongestWord)];
            words++;
            Count(Hash(word) % Columns);
            shares.Add(word, isReference);
            start = end;
        }

        for (int i = 0; i + 3 <= lower.Length; i++)
            Count(Columns + (Hash(lower.Slice(i, 3)) % Columns));
        return Take();
    }

    /// <summary>
    /// Rare columns weigh more (by the taught texts), repeated ones less than their count, and every text is of length 1 (Salton and Buckley 1988).
    /// </summary>
    public static void Weigh(FeatureRow[] rows, int taught)
    {
        int[] texts = new int[2 * Columns];
        for (int i = 0; i < taught; i++)
        {
            foreach (int column in rows[i].Columns)
                texts[column]++;
        }

        foreach (FeatureRow row in rows)
        {
            for (int i = 0; i < row.Values.Length; i++)
                row.Values[i] = (float)((1 + Math.Log(row.Values[i])) * Math.Log((taught + 1.0) / (texts[row.Columns[i]] + 0.5)));
            double length = Math.Sqrt(row.SquaredLength);
            for (int i = 0; i < row.Values.Length && length > 0; i++)
                row.Values[i] = (float)(row.Values[i] / length);
        }
    }

    private void Count(ulong column)
    {
        if (_counts[(int)column]++ == 0)
            _touched.Add((int)column);
    }

    private FeatureRow Take()
    {
        int[] columns = [.. _touched];
        float[] values = new float[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            values[i] = _counts[columns[i]];
            _counts[columns[i]] = 0;
        }

        _touched.Clear();
        return new FeatureRow(columns, values);
    }

    private static ulong Hash(ReadOnlySpan<char> characters)
    {
        ulong hash = (ulong)characters.Length;
        foreach (char character in characters)
            hash = unchecked((hash ^ character) * 0x9E37_79B9_7F4A_7C15);
        return Mixer.Mix(hash);
    }
}
