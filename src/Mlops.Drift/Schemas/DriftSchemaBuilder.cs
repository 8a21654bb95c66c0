namespace Mlops.Drift;

/// <summary>Names the columns of rows that are handed over as spans. Numbers and texts are passed in the order of their declaration.</summary>
public sealed class DriftSchemaBuilder
{
    internal DriftSchemaBuilder()
    {
    }

    internal ColumnList Columns { get; } = new();

    /// <summary>Adds a numeric input.</summary>
    /// <param name="name">Unique, 1 to 128 characters.</param>
    /// <param name="effectFloor">The smallest effect that counts as drift, in the unit of the column's test; null for its default.</param>
    public DriftSchemaBuilder Numeric(string name, double? effectFloor = null) => Add(name, ColumnKind.Numeric, ColumnRole.Feature, effectFloor);

    /// <summary>Adds a categorical input.</summary>
    /// <inheritdoc cref="Numeric" path="/param"/>
    public DriftSchemaBuilder Categorical(string name, double? effectFloor = null) => Add(name, ColumnKind.Categorical, ColumnRole.Feature, effectFloor);

    /// <summary>Adds the model's numeric output. It stands among the numbers and is watched like an input.</summary>
    /// <inheritdoc cref="Numeric" path="/param"/>
    public DriftSchemaBuilder Prediction(string name, double? effectFloor = null) => Add(name, ColumnKind.Numeric, ColumnRole.Prediction, effectFloor);

    /// <summary>Adds a column that divides the rows into groups. It stands among the texts.</summary>
    /// <inheritdoc cref="Numeric" path="/param"/>
    public DriftSchemaBuilder Segment(string name, double? effectFloor = null) => Add(name, ColumnKind.Categorical, ColumnRole.Segment, effectFloor);

    private DriftSchemaBuilder Add(string name, ColumnKind kind, ColumnRole role, double? effectFloor)
    {
        Columns.Add(name, kind, role, effectFloor);
        return this;
    }
}
