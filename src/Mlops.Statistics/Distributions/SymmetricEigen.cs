namespace Mlops.Statistics;

/// <summary>
/// All eigenvalues and vectors of a symmetric matrix in O(n^3): Householder's reflections to tridiagonal form, then QR steps with Wilkinson's
/// shift (Golub and Van Loan 2013, section 8.3). Deterministic; errors are some 1e-15 of the largest eigenvalue.
/// </summary>
internal sealed class SymmetricEigen
{
    private readonly double[][] _reflections;
    private readonly double[] _factors;
    private readonly double[][] _turned;
    private readonly int[] _order;

    /// <param name="matrix">By row, both halves; it is overwritten.</param>
    public SymmetricEigen(double[][] matrix)
    {
        int n = matrix.Length;
        _reflections = new double[int.Max(0, n - 2)][];
        _factors = new double[_reflections.Length];
        double[] diagonal = new double[n], beside = new double[n];
        Tridiagonalize(matrix, beside);
        _turned = new double[n][];
        for (int i = 0; i < n; i++)
        {
            diagonal[i] = matrix[i][i];
            _turned[i] = new double[n];
            _turned[i][i] = 1;
        }

        Diagonalize(diagonal, beside);
        _order = [.. Enumerable.Range(0, n).OrderByDescending(i => diagonal[i])];
        Values = Array.ConvertAll(_order, i => diagonal[i]);
    }

    /// <summary>The eigenvalues, largest first.</summary>
    public double[] Values { get; }

    /// <summary>The eigenvector of length 1 that belongs to the value of this rank.</summary>
    public double[] Vector(int rank)
    {
        double[] vector = [.. _turned[_order[rank]]];
        for (int k = _reflections.Length - 1; k >= 0; k--)
        {
            Span<double> lower = vector.AsSpan(k + 1);
            DotProduct.AddTo(lower, -_factors[k] * DotProduct.Of(_reflections[k], lower), _reflections[k]);
        }

        return vector;
    }

    /// <summary>Leaves the tridiagonal form's diagonal in the matrix; reflection k clears row k beyond its neighbour.</summary>
    private void Tridiagonalize(double[][] matrix, double[] beside)
    {
        int n = matrix.Length;
        if (n > 1)
            beside[n - 2] = matrix[n - 2][n - 1];
        double[] product = new double[n];
        for (int k = 0; k < n - 2; k++)
        {
            double[] v = _reflections[k] = matrix[k][(k + 1)..];
            double tail = DotProduct.Of(v.AsSpan(1), v.AsSpan(1));
            beside[k] = v[0];
            if (tail > 0)
            {
                double length = Math.Sqrt((v[0] * v[0]) + tail);
                beside[k] = v[0] > 0 ? -length : length;
                v[0] -= beside[k];
                double factor = _factors[k] = 2 / ((v[0] * v[0]) + tail);
                Span<double> w = product.AsSpan(0, v.Length);
                for (int i = 0; i < v.Length; i++)
                    w[i] = factor * DotProduct.Of(matrix[k + 1 + i].AsSpan(k + 1), v);
                DotProduct.AddTo(w, -0.5 * factor * DotProduct.Of(w, v), v);
                for (int i = 0; i < v.Length; i++)
                {
                    Span<double> row = matrix[k + 1 + i].AsSpan(k + 1);
                    DotProduct.AddTo(row, -v[i], w);
                    DotProduct.AddTo(row, -w[i], v);
                }
            }

            // The last of the neighbours is known once all reflections are through.
            beside[n - 2] = matrix[n - 2][n - 1];
        }
    }

    private void Diagonalize(double[] diagonal, double[] beside)
    {
        double largest = 0;
        for (int i = 0; i < diagonal.Length; i++)
            largest = double.Max(largest, double.Max(Math.Abs(diagonal[i]), Math.Abs(beside[i])));
        double zero = Math.ScaleB(largest, -53);
        int last = diagonal.Length - 1;

        // Two or three steps per value are usual.
        for (int steps = 0; last > 0 && steps < 60 * diagonal.Length; steps++)
        {
            while (last > 0 && Math.Abs(beside[last - 1]) <= zero)
                last--;
            int first = last;
            while (first > 0 && Math.Abs(beside[first - 1]) > zero)
                first--;
            if (first < last)
                Step(diagonal, beside, first, last);
        }
    }

    /// <summary>One QR step on a block: a rotation that starts at its top chases what it leaves beside the diagonal down to its end.</summary>
    private void Step(double[] diagonal, double[] beside, int first, int last)
    {
        double half = 0.5 * (diagonal[last - 1] - diagonal[last]), corner = beside[last - 1];
        double root = double.Hypot(half, corner);
        double shift = diagonal[last] - (corner * corner / (half + (half < 0 ? -root : root)));
        double x = diagonal[first] - shift, z = beside[first];
        for (int k = first; k < last; k++)
        {
            double length = double.Hypot(x, z);
            (double cosine, double sine) = length > 0 ? (x / length, z / length) : (1, 0);
            if (k > first)
                beside[k - 1] = length;
            double a = diagonal[k], b = beside[k], c = diagonal[k + 1], twice = 2 * cosine * sine * b;
            diagonal[k] = (cosine * cosine * a) + twice + (sine * sine * c);
            diagonal[k + 1] = (sine * sine * a) - twice + (cosine * cosine * c);
            beside[k] = (((cosine * cosine) - (sine * sine)) * b) + (cosine * sine * (c - a));
            DotProduct.Rotate(_turned[k], _turned[k + 1], cosine, sine);
            if (k + 1 < last)
            {
                x = beside[k];
                z = sine * beside[k + 1];
                beside[k + 1] *= cosine;
            }
        }
    }
}
