namespace Mlops.Statistics;

/// <summary>
/// The non-decreasing function with the least squared error (pool adjacent violators), linear between its knots and constant
/// beyond them; the usual way to turn scores into calibrated probabilities.
/// </summary>
/// <remarks>Equal inputs are averaged first. Exact, O(n log n). Conventions are scikit-learn's with <c>out_of_bounds="clip"</c>.</remarks>
public sealed class IsotonicRegression : IFittedModel
{
    private readonly double[] _x;
    private readonly double[] _y;

    private IsotonicRegression(double[] x, double[] y)
    {
        _x = x;
        _y = y;
    }

    /// <inheritdoc/>
    public int FeatureCount => 1;

    /// <summary>Inputs at which the fitted function bends, strictly ascending.</summary>
    public ReadOnlySpan<double> KnotInputs => _x;

    /// <summary>Fitted values at <see cref="KnotInputs"/>, non-decreasing.</summary>
    public ReadOnlySpan<double> KnotValues => _y;

    /// <summary>Fits the function.</summary>
    /// <param name="inputs">Finite inputs in any order.</param>
    /// <param name="targets">One finite target per input.</param>
    /// <param name="weights">Positive weights per target, or empty for equal ones.</param>
    public static IsotonicRegression Fit(ReadOnlySpan<double> inputs, ReadOnlySpan<double> targets, ReadOnlySpan<double> weights = default)
    {
        DesignMatrix.Create(inputs, 1, targets);
        CheckWeights(weights, targets);
        int n = targets.Length;
        double[] x = inputs.ToArray();
        int[] order = new int[n];
        for (int i = 0; i < n; i++)
            order[i] = i;
        Array.Sort(x, order);
        double[] mean = new double[n], weight = new double[n], from = new double[n], to = new double[n];
        int blocks = 0;
        for (int i = 0; i < n;)
        {
            double at = x[i], sum = 0, total = 0;
            for (; i < n && x[i] == at; i++)
            {
                double w = weights.IsEmpty ? 1 : weights[order[i]];
                sum += w * targets[order[i]];
                total += w;
            }

            mean[blocks] = sum / total;
            weight[blocks] = total;
            from[blocks] = to[blocks] = at;
            blocks++;

            // Pool with predecessors as long as they lie above.
            while (blocks > 1 && mean[blocks - 2] >= mean[blocks - 1])
            {
                double both = weight[blocks - 2] + weight[blocks - 1];
                mean[blocks - 2] = ((mean[blocks - 2] * weight[blocks - 2]) + (mean[blocks - 1] * weight[blocks - 1])) / both;
                weight[blocks - 2] = both;
                to[blocks - 2] = to[blocks - 1];
                blocks--;
            }
        }

        List<double> knots = [], values = [];
        for (int b = 0; b < blocks; b++)
        {
            knots.Add(from[b]);
            values.Add(mean[b]);
            if (to[b] > from[b])
            {
                knots.Add(to[b]);
                values.Add(mean[b]);
            }
        }

        return new([.. knots], [.. values]);
    }

    private static void CheckWeights(ReadOnlySpan<double> weights, ReadOnlySpan<double> targets)
    {
        if (!weights.IsEmpty && weights.Length != targets.Length)
            throw new ArgumentException($"{targets.Length} targets need as many weights or none; {weights.Length} were given.", nameof(weights));
        double total = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (!(weights[i] > 0) || !double.IsFinite(weights[i]))
                throw new ArgumentException($"Weights must be positive and finite; number {i} is {weights[i]}.", nameof(weights));
            total += weights[i] * (1 + Math.Abs(targets[i]));
        }

        if (!double.IsFinite(total))
            throw new ArgumentException("The weights are too large: their sum, or that of the weighted targets, is not finite.", nameof(weights));
    }

    /// <summary>The fitted value at <paramref name="input"/>; NaN for NaN.</summary>
    public double Predict(double input)
    {
        if (double.IsNaN(input))
            return double.NaN;
        if (input <= _x[0])
            return _y[0];
        if (input >= _x[^1])
            return _y[^1];
        int right = BinCounter.IndexOf(input, (ReadOnlySpan<double>)_x);
        double share = (input - _x[right - 1]) / (_x[right] - _x[right - 1]);
        return _y[right - 1] + (share * (_y[right] - _y[right - 1]));
    }

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> features)
    {
        DesignMatrix.CheckRow(features, 1);
        return Predict(features[0]);
    }
}
