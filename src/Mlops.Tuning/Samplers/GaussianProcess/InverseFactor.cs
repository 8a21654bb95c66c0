namespace Mlops.Tuning;

/// <summary>L^-1 of a factor, column by column; its memory is kept from one inversion to the next, so that models that are fitted in turns share one.</summary>
internal sealed class InverseFactor
{
    // What is above the diagonal is zero, so columns have every length from the number of rows down to 1: each lives in the array of its length.
    private readonly List<double[]> _columns = [];
    private int _count;

    /// <summary>Inverts a factor.</summary>
    public void Invert(Cholesky factor)
    {
        _count = factor.Count;
        while (_columns.Count < _count)
        {
            _columns.Add(new double[_columns.Count + 1]);
        }

        for (int i = 0; i < _count; i++)
        {
            Span<double> column = Column(i);
            column[0] = 1 / factor.Row(i)[i];
            for (int k = i + 1; k < _count; k++)
            {
                ReadOnlySpan<double> row = factor.Row(k);
                column[k - i] = -Cholesky.Dot(row[i..k], column[..(k - i)]) / row[k];
            }
        }
    }

    /// <summary>An entry of K^-1 = L'^-1 L^-1, on the diagonal or left of it.</summary>
    public double Entry(int row, int column) => Cholesky.Dot(Column(row), Column(column).AsSpan(row - column));

    /// <summary>A column from the diagonal on.</summary>
    private double[] Column(int column) => _columns[_count - 1 - column];
}
