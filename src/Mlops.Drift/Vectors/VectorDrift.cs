namespace Mlops.Drift;

/// <summary>The answer to one comparison of rows as wholes: embeddings, or all columns of a table together. Immutable.</summary>
/// <remarks>Comparisons are deterministic and may run in parallel; none keeps anything.</remarks>
public sealed record VectorDrift
{
    /// <summary>The test that decided.</summary>
    public required VectorTest Test { get; init; }

    /// <summary>
    /// Drift: the p-value is at most alpha and the effect at least the floor. NoDrift: significant but below the floor, or not significant though the rows would have shown
    /// <see cref="VectorDriftOptions.MaterialArea"/> with probability 0.8: a change of all columns, of the classifier's ranks or of the errors, as stated there. A change of few columns among many may need to be
    /// much larger to be found. Undecided: too few rows, or nothing to test.
    /// </summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>Why, in one sentence without values of the data.</summary>
    public required string Reason { get; init; }

    /// <summary>The test's statistic; null where it is undefined.</summary>
    public double? Statistic { get; init; }

    /// <summary>The p-value; null where there is nothing to test.</summary>
    public double? PValue { get; init; }

    /// <summary>How large the difference is, in the unit stated at <see cref="VectorTest"/>; null where it is undefined.</summary>
    public double? Effect { get; init; }

    /// <summary>The smallest effect that counts.</summary>
    public required double EffectFloor { get; init; }

    /// <summary>The area (see <see cref="VectorDriftOptions.MaterialArea"/>) that would have been found with probability 0.8; null without rows.</summary>
    public double? MinimumDetectableArea { get; init; }

    /// <summary>Values per row that were compared.</summary>
    public required int Columns { get; init; }

    /// <summary>Rows of the reference that were given.</summary>
    public required long ReferenceRows { get; init; }

    /// <summary>Current rows that were given.</summary>
    public required long CurrentRows { get; init; }

    /// <summary>Rows of the reference that were compared: all finite ones, or a sample of them.</summary>
    public required int ReferenceRowsCompared { get; init; }

    /// <summary>Current rows that were compared: all finite ones, or a sample of them.</summary>
    public required int CurrentRowsCompared { get; init; }

    /// <summary>Rows of the reference left out because a value was not finite.</summary>
    public long ReferenceRowsNotFinite { get; init; }

    /// <summary>Current rows left out because a value was not finite.</summary>
    public long CurrentRowsNotFinite { get; init; }

    /// <summary>Compares two samples of embeddings, whose columns share one unit.</summary>
    /// <param name="reference">Row-major: one row after another. Rows with a value that is not finite are left out and counted.</param>
    /// <param name="current">The rows to judge, likewise.</param>
    /// <param name="columns">Values per row, at least 1.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of rows, or an option is out of range.</exception>
    public static VectorDrift Compare(ReadOnlyMemory<float> reference, ReadOnlyMemory<float> current, int columns, VectorDriftOptions? options = null)
    {
        options ??= new VectorDriftOptions();
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        RequireWhole(reference.Length, columns, nameof(reference));
        RequireWhole(current.Length, columns, nameof(current));
        return VectorComparison.Compare(
            VectorSample.Of(reference.Span, columns, options.MaximumRows, options.Seed),
            VectorSample.Of(current.Span, columns, options.MaximumRows, ~options.Seed),
            options);
    }

    /// <summary>Compares a table's rows as wholes, predictions included, with a profile's sample: relations between columns count, seasons do not.</summary>
    /// <remarks>
    /// Columns are made from the rows of both sides together, so that rows of one law cannot be told apart by how they were made. Numbers lose their median, are divided by their interquartile range over 1.349
    /// (about a deviation) and cut at eight of these. A value that is missing or not finite becomes 0, with a column more that says so where it occurs at all. Of a category's values the 20 most frequent have a
    /// column each and all others, with those of fewer than ten rows, one together; where the profile does not keep all names, those near the least frequent one it keeps are others too.
    /// </remarks>
    /// <param name="profile">The reference.</param>
    /// <param name="batch">Every column of its schema, which are those of the profile.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The batch lacks a column, its columns differ from the profile's, or an option is out of range.</exception>
    public static VectorDrift Compare(ReferenceProfile profile, DriftBatch batch, VectorDriftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(batch);
        options ??= new VectorDriftOptions();
        options.Validate();
        if (batch.Schema.DifferenceFrom(profile.Schema) is { } difference)
            throw new ArgumentException($"The batch does not fit the profile: {difference}.", nameof(batch));
        batch.RequireComplete(nameof(batch));
        (VectorSample reference, VectorSample current) = TableRows.Encode(profile, batch, options);
        return VectorComparison.Compare(reference, current, options);
    }

    private static void RequireWhole(int length, int columns, string name)
    {
        if (length % columns != 0)
            throw new ArgumentException($"{length} values are no whole number of rows of {columns}. Pass row after row, each of {columns} values.", name);
    }
}
