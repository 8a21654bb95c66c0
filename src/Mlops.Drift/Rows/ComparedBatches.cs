namespace Mlops.Drift;

/// <summary>Checks of two batches that are compared row by row, and the columns that they are compared by.</summary>
internal static class ComparedBatches
{
    /// <summary>The columns named, or without names all inputs.</summary>
    /// <exception cref="ArgumentException">The schemas differ, a column is not filled or unknown, or there are too few rows.</exception>
    public static IReadOnlyList<DriftColumn> Columns(DriftBatch reference, DriftBatch window, IReadOnlyList<string>? names, int fewestRows)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(window);
        if (reference.Schema.DifferenceFrom(window.Schema) is { } difference)
            throw new ArgumentException($"The window's schema is another than the reference's: {difference}.", nameof(window));
        reference.RequireComplete(nameof(reference));
        window.RequireComplete(nameof(window));
        RequireRows(reference, fewestRows, nameof(reference));
        RequireRows(window, fewestRows, nameof(window));
        return Columns(reference.Schema, names);
    }

    public static void RequireRows(DriftBatch batch, int fewestRows, string parameter)
    {
        if (batch.Rows < fewestRows)
            throw new ArgumentException($"{batch.Rows} rows are too few; {fewestRows} are needed.", parameter);
    }

    public static IReadOnlyList<DriftColumn> Columns(DriftSchema schema, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            DriftColumn[] inputs = [.. schema.Columns.Where(static c => c.Role == ColumnRole.Feature)];
            return inputs.Length > 0 ? inputs : throw new ArgumentException("The schema has no input; name the columns to compare by.", nameof(schema));
        }

        if (names.Count == 0 || names.Distinct(StringComparer.Ordinal).Count() != names.Count)
            throw new ArgumentException("Name at least one column, and each once; null takes all inputs.", nameof(names));
        return [.. names.Select(name => schema.Columns.FirstOrDefault(c => c.Name == name)
            ?? throw new ArgumentException($"The schema has no column '{name}'; it has {string.Join(", ", schema.Columns.Select(static c => c.Name))}.", nameof(names)))];
    }

    /// <summary>Row-major numbers as a batch with the columns 0, 1, ...</summary>
    public static DriftBatch Of(ReadOnlySpan<double> rows, int columns, string parameter)
    {
        Require.InRange(columns, 1, DriftSchema.MaximumColumns, nameof(columns));
        if (rows.Length % columns != 0)
            throw new ArgumentException($"{rows.Length} numbers are no whole number of rows of {columns}.", parameter);
        string[] names = [.. Enumerable.Range(0, columns).Select(static c => c.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        DriftBatch batch = new(DriftSchema.Create(schema => Array.ForEach(names, name => schema.Numeric(name))));
        for (int column = 0; column < columns; column++)
        {
            double[] values = new double[rows.Length / columns];
            for (int i = 0; i < values.Length; i++)
                values[i] = rows[(i * columns) + column];
            batch.Numeric(names[column], values);
        }

        return batch;
    }
}
