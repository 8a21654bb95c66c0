namespace Mlops.Drift;

/// <summary>Names the columns of rows that are handed over as spans. Numbers and texts are passed in the order of their declaration.</summary>
public sealed class DriftSchemaBuilder
{
    internal DriftSchemaBuilder()
    {
    }

    internal ColumnList Columns { get; } = new();

    internal RowNames RowNames { get; private set; } = RowNames.None;

    /// <summary>Adds a numeric input.</summary>
    /// <param name="name">Unique, 1 to 128 characters.</param>
    /// <param name="effectFloor">The smallest effect that counts as drift, in the unit of the column's test; null for its default.</param>
    /// <param name="smallestShift">Instead: the smallest shift of all values that counts, in the column's own unit.</param>
    public DriftSchemaBuilder Numeric(string name, double? effectFloor = null, double? smallestShift = null) =>
        Add(name, ColumnKind.Numeric, ColumnRole.Feature, effectFloor, smallestShift);

    /// <summary>Adds a categorical input.</summary>
    /// <param name="name">Unique, 1 to 128 characters.</param>
    /// <param name="effectFloor">The smallest effect that counts as drift, in the unit of the column's test; null for its default.</param>
    public DriftSchemaBuilder Categorical(string name, double? effectFloor = null) => Add(name, ColumnKind.Categorical, ColumnRole.Feature, effectFloor);

    /// <summary>Adds the model's numeric output. It stands among the numbers and is watched like an input.</summary>
    /// <inheritdoc cref="Numeric" path="/param"/>
    public DriftSchemaBuilder Prediction(string name, double? effectFloor = null, double? smallestShift = null) =>
        Add(name, ColumnKind.Numeric, ColumnRole.Prediction, effectFloor, smallestShift);

    /// <summary>Adds a column that divides the rows into groups. It stands among the texts.</summary>
    /// <inheritdoc cref="Categorical" path="/param"/>
    public DriftSchemaBuilder Segment(string name, double? effectFloor = null) => Add(name, ColumnKind.Categorical, ColumnRole.Segment, effectFloor);

    /// <summary>Names the database column that says when a row happened: a timestamp, a date (midnight UTC) or ISO 8601 text. Spans bring their time along.</summary>
    /// <param name="name">The column, which is not watched.</param>
    public DriftSchemaBuilder Timestamp(string name) => Name(RowNames with { Timestamp = Named(name, RowNames.Timestamp) });

    /// <summary>Names the database column that holds the prediction's id: text, a number or a GUID.</summary>
    /// <inheritdoc cref="Timestamp" path="/param"/>
    public DriftSchemaBuilder Id(string name) => Name(RowNames with { Id = Named(name, RowNames.Id) });

    /// <summary>Names the database column that holds what really happened; null is not known yet.</summary>
    /// <inheritdoc cref="Timestamp" path="/param"/>
    public DriftSchemaBuilder Label(string name) => Name(RowNames with { Label = Named(name, RowNames.Label) });

    /// <summary>Names the database column that holds the digest of the model version that predicted.</summary>
    /// <inheritdoc cref="Timestamp" path="/param"/>
    public DriftSchemaBuilder ModelVersion(string name) => Name(RowNames with { ModelVersion = Named(name, RowNames.ModelVersion) });

    private static string Named(string name, string? before)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return before is null ? name : throw new ArgumentException($"'{before}' was declared for it already; a schema has one.", nameof(name));
    }

    private DriftSchemaBuilder Name(RowNames names)
    {
        RowNames = names;
        return this;
    }

    private DriftSchemaBuilder Add(string name, ColumnKind kind, ColumnRole role, double? effectFloor, double? smallestShift = null)
    {
        Columns.Add(name, kind, role, effectFloor, smallestShift);
        return this;
    }
}
