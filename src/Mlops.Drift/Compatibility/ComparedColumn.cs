namespace Mlops.Drift;

/// <summary>One column of a batch as Python tools see it: missing and infinite values are left out.</summary>
internal static class ComparedColumn
{
    public static double[] Numbers(DriftBatch batch, DriftColumn column, Range rows)
    {
        if (batch.Singles(column.Slot) is { } singles)
        {
            ReadOnlySpan<float> floats = singles.Span[rows];
            List<double> converted = new(floats.Length);
            foreach (float value in floats)
            {
                if (float.IsFinite(value))
                    converted.Add(value);
            }

            return [.. converted];
        }

        ReadOnlySpan<double> doubles = batch.Doubles(column.Slot)[rows];
        List<double> finite = new(doubles.Length);
        foreach (double value in doubles)
        {
            if (double.IsFinite(value))
                finite.Add(value);
        }

        return [.. finite];
    }

    public static string[] Texts(DriftBatch batch, DriftColumn column, Range rows)
    {
        IReadOnlyList<string?> texts = batch.Texts(column.Slot);
        (int first, int count) = rows.GetOffsetAndLength(texts.Count);
        List<string> present = new(count);
        for (int row = first; row < first + count; row++)
        {
            if (texts[row] is { } text)
                present.Add(text);
        }

        return [.. present];
    }

    /// <summary>The counts of every value that either sample holds, in the order of the values.</summary>
    public static (long[] Reference, long[] Current) Count<T>(T[] reference, T[] current, IComparer<T> order)
        where T : notnull
    {
        SortedDictionary<T, (long Reference, long Current)> counts = new(order);
        foreach (T value in reference)
            counts[value] = (counts.GetValueOrDefault(value).Reference + 1, 0);
        foreach (T value in current)
        {
            (long r, long c) = counts.GetValueOrDefault(value);
            counts[value] = (r, c + 1);
        }

        return ([.. counts.Values.Select(static c => c.Reference)], [.. counts.Values.Select(static c => c.Current)]);
    }

    /// <exception cref="ArgumentException">A batch lacks columns or rows, or the two have different columns.</exception>
    public static void Require(DriftBatch reference, DriftBatch current, string referenceName, string currentName)
    {
        ArgumentNullException.ThrowIfNull(reference, referenceName);
        ArgumentNullException.ThrowIfNull(current, currentName);
        reference.RequireComplete(referenceName);
        current.RequireComplete(currentName);
        if (current.Schema.DifferenceFrom(reference.Schema) is { } difference)
            throw new ArgumentException($"The batches do not fit each other: {difference}.", currentName);
        if (reference.Rows == 0)
            throw new ArgumentException("The batch has no rows.", referenceName);
        if (current.Rows == 0)
            throw new ArgumentException("The batch has no rows.", currentName);
    }
}
