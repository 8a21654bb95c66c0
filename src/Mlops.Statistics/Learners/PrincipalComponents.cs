namespace Mlops.Statistics;

/// <summary>
/// The directions in which rows vary most, and how far a row lies from the plane they span: large where the relations between columns are
/// no longer those of the fitted rows, though each column alone may look the same.
/// </summary>
/// <remarks>
/// Columns are standardized by the fitted rows (divisor n; a constant one keeps its unit), so the components are the eigenvectors of their correlations. The
/// fit is deterministic, O(min(rows, columns)^2 max(rows, columns)); fitted components are immutable and thread-safe.
/// </remarks>
public sealed class PrincipalComponents
{
    /// <summary>The most of rows or columns, whichever are fewer: 1 024 take a second or two.</summary>
    public const int MaximumSize = 1_024;

    private readonly double[] _means;
    private readonly double[] _scales;
    private readonly double[][] _components;

    private PrincipalComponents(double[] means, double[] scales, double[][] components, double share)
    {
        _means = means;
        _scales = scales;
        _components = components;
        ExplainedShare = share;
    }

    /// <summary>Values per row.</summary>
    public int Columns => _means.Length;

    /// <summary>Components kept, 0 for a single column that varies.</summary>
    public int Count => _components.Length;

    /// <summary>The share of the fitted rows' variance that the kept components hold, 0 to 1.</summary>
    public double ExplainedShare { get; }

    /// <summary>
    /// Fits the fewest components that hold <paramref name="varianceShare"/> of the variance, but not all of it: one that varies is always left out, or every error would be zero.
    /// </summary>
    /// <param name="rows">Row-major; rows with a value that is not finite are ignored.</param>
    /// <param name="columns">Values per row, at least 1.</param>
    /// <param name="varianceShare">Strictly between 0 and 1; 0.65 by default.</param>
    /// <returns>Null when no column of the finite rows varies.</returns>
    /// <exception cref="ArgumentException">The values are no whole number of rows, or both rows and columns exceed <see cref="MaximumSize"/>.</exception>
    public static PrincipalComponents? Fit(ReadOnlySpan<double> rows, int columns, double varianceShare = 0.65)
    {
        if (!(varianceShare > 0 && varianceShare < 1))
            throw new ArgumentOutOfRangeException(nameof(varianceShare), varianceShare, "A share strictly between 0 and 1 is needed.");
        SampleRows sample = SampleRows.Pool(rows, [], columns);
        int count = sample.ReferenceCount;
        if (int.Min(count, columns) > MaximumSize)
            throw new ArgumentException($"At most {MaximumSize} rows or as many columns can be fitted; there are {count} rows of {columns}. Use a sample of the rows.", nameof(rows));
        if (count < 2)
            return null;
        DesignMatrix x = DesignMatrix.Create(sample.Values, columns, new double[count]);
        double[] means = x.Means(), scales = x.Scales(means);

        // Either the columns' products or the rows', whichever are fewer: their eigenvalues are the same.
        bool wide = columns > count;
        double[][] vectors = new double[wide ? count : columns][];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = new double[wide ? columns : count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> row = x.Row(i);
            for (int j = 0; j < columns; j++)
                (wide ? ref vectors[i][j] : ref vectors[j][i]) = (row[j] - means[j]) / scales[j];
        }

        SymmetricEigen eigen = new(Products(vectors));
        double total = eigen.Values.Sum(static value => double.Max(value, 0)), kept = 0;
        if (!(total > 0) || !double.IsFinite(total))
            return null;
        int rank = eigen.Values.Count(value => value > 1e-12 * total), components = 0;
        while (components < rank - 1 && kept < varianceShare * total)
            kept += eigen.Values[components++];
        return new PrincipalComponents(means, scales, [.. Enumerable.Range(0, components).Select(rank => Component(eigen, rank, wide ? vectors : null))], kept / total);
    }

    /// <summary>
    /// The distance of a row from its reconstruction, the root of the mean square over the columns, in standard deviations of the fitted rows: about
    /// the root of 1 - <see cref="ExplainedShare"/> for rows like those. NaN where a value is not finite.
    /// </summary>
    /// <exception cref="ArgumentException">The row has another number of columns.</exception>
    public double Error(ReadOnlySpan<double> row)
    {
        DesignMatrix.CheckRow(row, Columns);
        double[] standardized = new double[Columns];
        for (int j = 0; j < standardized.Length; j++)
            standardized[j] = (row[j] - _means[j]) / _scales[j];
        foreach (double[] component in _components)
            DotProduct.AddTo(standardized, -DotProduct.Of(component, standardized), component);
        return Math.Sqrt(DotProduct.Of(standardized, standardized) / Columns);
    }

    /// <summary>The mean <see cref="Error"/> of the finite rows; null without any.</summary>
    /// <param name="rows">Row-major, of <see cref="Columns"/> values.</param>
    /// <exception cref="ArgumentException">The values are no whole number of rows.</exception>
    public double? MeanError(ReadOnlySpan<double> rows)
    {
        SampleRows sample = SampleRows.Pool(rows, [], Columns);
        double[] errors = new double[sample.ReferenceCount];
        for (int i = 0; i < errors.Length; i++)
            errors[i] = Error(sample.Row(i));
        return Moments.Of(errors).Mean;
    }

    private static double[][] Products(double[][] vectors)
    {
        double[][] products = Array.ConvertAll(vectors, _ => new double[vectors.Length]);
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = 0; j <= i; j++)
                products[i][j] = products[j][i] = DotProduct.Of(vectors[i], vectors[j]);
        }

        return products;
    }

    /// <summary>An eigenvector of the rows' products weighs the rows whose sum is the component.</summary>
    private static double[] Component(SymmetricEigen eigen, int rank, double[][]? rows)
    {
        double[] vector = eigen.Vector(rank);
        if (rows is null)
            return vector;
        double[] component = new double[rows[0].Length];
        for (int i = 0; i < rows.Length; i++)
            DotProduct.AddTo(component, vector[i], rows[i]);
        double length = Math.Sqrt(DotProduct.Of(component, component));
        for (int j = 0; j < component.Length; j++)
            component[j] /= length;
        return component;
    }
}
