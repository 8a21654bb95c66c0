namespace Mlops.Statistics;

/// <summary>A complete binary tree of fixed depth; a node that does not split sends all rows to the left.</summary>
internal sealed class RegressionTree
{
    private readonly int[] _columns;
    private readonly double[] _thresholds;
    private readonly double[] _leaves;

    private RegressionTree(int[] columns, double[] thresholds, double[] leaves)
    {
        _columns = columns;
        _thresholds = thresholds;
        _leaves = leaves;
    }

    public double Predict(ReadOnlySpan<double> features)
    {
        int node = 0;
        while (node < _columns.Length)
            node = (2 * node) + (features[_columns[node]] >= _thresholds[node] ? 2 : 1);
        return _leaves[node - _columns.Length];
    }

    /// <summary>Grows trees on the same rows; not thread-safe.</summary>
    public sealed class Grower(BinnedColumns data, int rows, BoostedTreesOptions options)
    {
        // By bin: sum of gradients, of curvatures, rows.
        private readonly (double Slope, double Curvature, int Rows)[] _sums = new (double, double, int)[(1 << options.Depth) * (options.Bins + 2)];
        private readonly int[] _place = new int[rows];

        /// <summary>A tree that steps against the slopes, its values already in <paramref name="scores"/>; null when no split gains more than <paramref name="least"/>.</summary>
        public RegressionTree? Grow(double[] slopes, double[] curvatures, double[] scores, double least)
        {
            int inner = (1 << options.Depth) - 1;
            int[] columns = new int[inner], bins = new int[inner];
            double[] thresholds = new double[inner];
            Array.Fill(thresholds, double.NaN);
            Array.Clear(_place);
            for (int level = 0; level < options.Depth; level++)
            {
                int nodes = 1 << level, first = nodes - 1;
                if (!Split(nodes, slopes, curvatures, least, columns.AsSpan(first, nodes), bins.AsSpan(first, nodes), thresholds.AsSpan(first, nodes)) && level == 0)
                    return null;
                for (int i = 0; i < _place.Length; i++)
                {
                    int node = first + _place[i];
                    bool right = !double.IsNaN(thresholds[node]) && data.Bins(columns[node])[i] > bins[node];
                    _place[i] = (2 * _place[i]) + (right ? 1 : 0);
                }
            }

            double[] leaves = Leaves(slopes, curvatures);
            for (int i = 0; i < _place.Length; i++)
                scores[i] += leaves[_place[i]];
            return new RegressionTree(columns, thresholds, leaves);
        }

        /// <summary>The best split of every node of a level; equal ones go to the first column and its lowest bin.</summary>
        private bool Split(int nodes, double[] slopes, double[] curvatures, double least, Span<int> columns, Span<int> bins, Span<double> thresholds)
        {
            Span<double> gains = stackalloc double[nodes];
            gains.Fill(least);
            bool any = false;
            for (int column = 0; column < data.Columns; column++)
            {
                int width = data.BinCount(column);
                Sum(data.Bins(column), width, nodes, slopes, curvatures);
                for (int node = 0; node < nodes; node++)
                {
                    (int bin, double gain) = Best(_sums.AsSpan(node * width, width), gains[node]);
                    if (bin < 0)
                        continue;
                    any = true;
                    gains[node] = gain;
                    columns[node] = column;
                    bins[node] = bin;
                    thresholds[node] = data.UpperEdge(column, bin);
                }
            }

            return any;
        }

        private void Sum(ReadOnlySpan<byte> bins, int width, int nodes, double[] slopes, double[] curvatures)
        {
            Span<(double Slope, double Curvature, int Rows)> sums = _sums.AsSpan(0, nodes * width);
            sums.Clear();
            for (int i = 0; i < bins.Length; i++)
            {
                ref (double Slope, double Curvature, int Rows) sum = ref sums[(_place[i] * width) + bins[i]];
                sum.Slope += slopes[i];
                sum.Curvature += curvatures[i];
                sum.Rows++;
            }
        }

        private (int Bin, double Gain) Best(ReadOnlySpan<(double Slope, double Curvature, int Rows)> sums, double least)
        {
            (double slope, double curvature, int count) = (0, 0, 0);
            foreach ((double s, double c, int n) in sums)
                (slope, curvature, count) = (slope + s, curvature + c, count + n);
            double whole = Gain(slope, curvature), left = 0, leftCurvature = 0;
            int best = -1, before = 0;
            for (int bin = 0; bin < sums.Length - 1; bin++)
            {
                left += sums[bin].Slope;
                leftCurvature += sums[bin].Curvature;
                before += sums[bin].Rows;
                if (before < options.MinimumLeafRows || sums[bin].Rows == 0)
                    continue;
                if (count - before < options.MinimumLeafRows)
                    break;
                double gain = Gain(left, leftCurvature) + Gain(slope - left, curvature - leftCurvature) - whole;
                if (gain > least)
                    (best, least) = (bin, gain);
            }

            return (best, least);
        }

        private double Gain(double slope, double curvature) => curvature + options.Penalty > 0 ? slope * slope / (curvature + options.Penalty) : 0;

        private double[] Leaves(double[] slopes, double[] curvatures)
        {
            double[] leaves = new double[1 << options.Depth], curvature = new double[leaves.Length];
            for (int i = 0; i < _place.Length; i++)
            {
                leaves[_place[i]] -= slopes[i];
                curvature[_place[i]] += curvatures[i];
            }

            for (int leaf = 0; leaf < leaves.Length; leaf++)
                leaves[leaf] = curvature[leaf] + options.Penalty > 0 ? options.LearningRate * leaves[leaf] / (curvature[leaf] + options.Penalty) : 0;
            return leaves;
        }
    }
}
