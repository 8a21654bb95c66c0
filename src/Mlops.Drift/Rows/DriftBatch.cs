namespace Mlops.Drift;

/// <summary>
/// Rows that the host already holds by column: a data frame's, a Parquet file's, a tensor's. Nothing is copied, so the columns must not change before they have been
/// compared. Not thread-safe while columns are added.
/// </summary>
/// <example><code>new DriftBatch(schema).Numeric("amount", amounts).Categorical("country", countries)</code></example>
public sealed class DriftBatch
{
    private readonly ReadOnlyMemory<double>?[] _doubles;
    private readonly ReadOnlyMemory<float>?[] _singles;
    private readonly IReadOnlyList<string?>?[] _texts;
    private int? _rows;

    /// <summary>A batch without columns yet.</summary>
    /// <param name="schema">The columns that are to come.</param>
    public DriftBatch(DriftSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Schema = schema;
        _doubles = new ReadOnlyMemory<double>?[schema.NumericCount];
        _singles = new ReadOnlyMemory<float>?[schema.NumericCount];
        _texts = new IReadOnlyList<string?>?[schema.CategoricalCount];
    }

    /// <summary>The columns.</summary>
    public DriftSchema Schema { get; }

    /// <summary>Rows, which all columns have; 0 before the first column.</summary>
    public int Rows => _rows ?? 0;

    /// <summary>Adds a numeric column; <see cref="DriftSchema.Missing"/> where a value is absent.</summary>
    /// <exception cref="ArgumentException">The schema has no such numeric column, it was added before, or it has another number of rows.</exception>
    public DriftBatch Numeric(string name, ReadOnlyMemory<double> values)
    {
        _doubles[Place(name, ColumnKind.Numeric, values.Length)] = values;
        return this;
    }

    /// <summary>Adds a numeric column of floats, in which no value is missing; a NaN counts as one.</summary>
    /// <inheritdoc cref="Numeric(string, ReadOnlyMemory{double})" path="/exception"/>
    public DriftBatch Numeric(string name, ReadOnlyMemory<float> values)
    {
        _singles[Place(name, ColumnKind.Numeric, values.Length)] = values;
        return this;
    }

    /// <summary>Adds a categorical column; null where a value is missing.</summary>
    /// <exception cref="ArgumentException">The schema has no such categorical column, it was added before, or it has another number of rows.</exception>
    public DriftBatch Categorical(string name, IReadOnlyList<string?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _texts[Place(name, ColumnKind.Categorical, values.Count)] = values;
        return this;
    }

    /// <summary>The same rows by column; numbers are not copied.</summary>
    internal static DriftBatch Of(RowSet rows)
    {
        DriftBatch batch = new(rows.Schema) { _rows = rows.Count };
        for (int i = 0; i < batch._doubles.Length; i++)
            batch._doubles[i] = rows.Numbers[i].AsMemory(0, rows.Count);
        for (int i = 0; i < batch._texts.Length; i++)
            batch._texts[i] = rows.Texts(i);
        return batch;
    }

    /// <summary>The floats of a numeric column that has floats.</summary>
    internal ReadOnlyMemory<float>? Singles(int slot) => _singles[slot];

    /// <summary>The doubles of a numeric column that has doubles.</summary>
    internal ReadOnlySpan<double> Doubles(int slot) => _doubles[slot]!.Value.Span;

    /// <summary>The numbers of a numeric column; copied where they are floats.</summary>
    internal ReadOnlySpan<double> Numbers(int slot)
    {
        if (_singles[slot] is not { } singles)
            return Doubles(slot);
        double[] numbers = new double[Rows];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = singles.Span[i];
        return numbers;
    }

    internal IReadOnlyList<string?> Texts(int slot) => _texts[slot]!;

    internal void Read(int row, RowScratch scratch)
    {
        for (int i = 0; i < _doubles.Length; i++)
            scratch.Numbers[i] = _doubles[i] is { } doubles ? doubles.Span[row] : _singles[i]!.Value.Span[row];
        for (int i = 0; i < _texts.Length; i++)
            scratch.Texts[i] = _texts[i]![row];
    }

    /// <summary>A copy as rows without times.</summary>
    internal RowSet ToRows()
    {
        RowWindow window = new(Schema, int.MaxValue, WindowKeeping.Latest, DriftReport.MaximumBatchCategories);
        RowScratch scratch = RowScratch.Rent(Schema);
        for (int row = 0; row < Rows; row++)
        {
            Read(row, scratch);
            window.Add(scratch.Numbers, scratch.Texts, RowFacts.NoTime);
        }

        RowScratch.Return(scratch);
        return window.Snapshot();
    }

    /// <exception cref="ArgumentException">A column of the schema was not added.</exception>
    internal void RequireComplete(string parameter)
    {
        string[] absent = [.. Schema.Columns.Where(column => !Has(column)).Select(static column => column.Name)];
        if (absent.Length > 0)
            throw new ArgumentException($"The batch lacks columns of its schema: {string.Join(", ", absent)}.", parameter);
    }

    private int Place(string name, ColumnKind kind, int rows)
    {
        DriftColumn? column = Schema.Columns.FirstOrDefault(column => column.Name == name);
        if (column is null || column.Kind != kind)
        {
            string has = string.Join(", ", Schema.Columns.Where(c => c.Kind == kind).Select(static c => c.Name));
            throw new ArgumentException($"The schema has no {kind} column '{name}'; it has {(has.Length == 0 ? "none" : has)}.", nameof(name));
        }

        if (Has(column))
            throw new ArgumentException($"Column '{name}' was added already.", nameof(name));
        if ((_rows ?? rows) != rows)
            throw new ArgumentException($"Column '{name}' has {rows} rows; the columns before it have {_rows}.", nameof(rows));
        _rows = rows;
        return column.Slot;
    }

    private bool Has(DriftColumn column) => column.Kind == ColumnKind.Numeric
        ? _doubles[column.Slot] is not null || _singles[column.Slot] is not null
        : _texts[column.Slot] is not null;
}
