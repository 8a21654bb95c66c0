namespace Mlops.Tuning;

/// <summary>
/// A regression tree as the boxes of its leaves, each dimension being 0 to 1 or a set of choices of equal weight, and its variance by
/// dimension: the marginal over all others is a step function whose steps end where leaves do.
/// </summary>
internal sealed class VarianceTree
{
    private const int DeepestLeaf = 64;

    private readonly int[] _choices;
    private readonly double[][] _columns;
    private readonly double[] _values;
    private readonly List<Leaf> _leaves = [];

    /// <param name="columns">Places by dimension, then by trial: 0 to 1, or the index of a choice.</param>
    /// <param name="choices">By dimension how many choices there are, 0 for an interval.</param>
    /// <param name="values">The values by trial.</param>
    /// <param name="trials">The trials to grow from, which may repeat.</param>
    public VarianceTree(double[][] columns, int[] choices, double[] values, int[] trials)
    {
        _columns = columns;
        _choices = choices;
        _values = values;
        Grow(trials, [.. choices.Select(static count => new Side(0, 1, count > 0 ? [.. Enumerable.Range(0, count)] : null))], depth: 0);
    }

    /// <summary>The value at a point.</summary>
    public double Predict(double[] point) => _leaves.Find(leaf =>
    {
        for (int i = 0; i < point.Length; i++)
        {
            Side side = leaf.Box[i];
            bool inside = side.Choices is { } choices ? choices.Contains((int)point[i]) : point[i] <= side.High && (point[i] > side.Low || side.Low == 0);
            if (!inside)
            {
                return false;
            }
        }

        return true;
    })!.Value;

    /// <summary>The variance over the whole space, every point of it having the same weight.</summary>
    public double Variance()
    {
        double mean = 0;
        double square = 0;
        foreach (Leaf leaf in _leaves)
        {
            double volume = Volume(leaf);
            mean += volume * leaf.Value;
            square += volume * leaf.Value * leaf.Value;
        }

        return Math.Max(0, square - (mean * mean));
    }

    /// <summary>The variance of the mean over all other dimensions.</summary>
    public double MarginalVariance(int dimension)
    {
        // Where the marginal changes, and by how much.
        var changes = new SortedDictionary<double, double>();
        foreach (Leaf leaf in _leaves)
        {
            Side side = leaf.Box[dimension];
            double height = leaf.Value * Volume(leaf) / Width(side, dimension);
            if (side.Choices is { } choices)
            {
                foreach (int choice in choices)
                {
                    Change(changes, (double)choice / _choices[dimension], height);
                    Change(changes, (choice + 1.0) / _choices[dimension], -height);
                }
            }
            else
            {
                Change(changes, side.Low, height);
                Change(changes, side.High, -height);
            }
        }

        double mean = 0;
        double square = 0;
        double level = 0;
        double from = 0;
        foreach ((double at, double change) in changes)
        {
            mean += (at - from) * level;
            square += (at - from) * level * level;
            level += change;
            from = at;
        }

        return Math.Max(0, square - (mean * mean));
    }

    private static void Change(SortedDictionary<double, double> changes, double at, double by) => changes[at] = changes.GetValueOrDefault(at) + by;

    private double Volume(Leaf leaf)
    {
        double volume = 1;
        for (int i = 0; i < leaf.Box.Length; i++)
        {
            volume *= Width(leaf.Box[i], i);
        }

        return volume;
    }

    private double Width(Side side, int dimension) => side.Choices is { } choices ? (double)choices.Length / _choices[dimension] : side.High - side.Low;

    private void Grow(int[] trials, Side[] box, int depth)
    {
        Split best = default;
        if (depth < DeepestLeaf && Array.Exists(trials, trial => _values[trial] != _values[trials[0]]))
        {
            for (int dimension = 0; dimension < box.Length; dimension++)
            {
                Split split = _choices[dimension] > 0 ? BestChoice(trials, dimension) : BestThreshold(trials, dimension);
                best = split.Gain > best.Gain ? split : best;
            }
        }

        if (!(best.Gain > 0))
        {
            _leaves.Add(new Leaf(trials.Average(trial => _values[trial]), box));
            return;
        }

        double[] column = _columns[best.Dimension];
        bool isChoice = _choices[best.Dimension] > 0;
        bool GoesLeft(int trial) => isChoice ? column[trial] == best.At : column[trial] <= best.At;
        (Side left, Side right) = box[best.Dimension].Cut(best.At);
        Grow(Array.FindAll(trials, GoesLeft), With(box, best.Dimension, left), depth + 1);
        Grow(Array.FindAll(trials, trial => !GoesLeft(trial)), With(box, best.Dimension, right), depth + 1);
    }

    private static Side[] With(Side[] box, int dimension, Side side)
    {
        Side[] smaller = [.. box];
        smaller[dimension] = side;
        return smaller;
    }

    private Split BestThreshold(int[] trials, int dimension)
    {
        double[] places = Array.ConvertAll(trials, trial => _columns[dimension][trial]);
        double[] values = Array.ConvertAll(trials, trial => _values[trial]);
        Array.Sort(places, values);
        double sum = values.Sum();
        double left = 0;
        Split best = default;
        for (int i = 1; i < places.Length; i++)
        {
            left += values[i - 1];
            double at = 0.5 * (places[i - 1] + places[i]);
            if (places[i] > places[i - 1] && at < places[i] && Gain(left, i, sum, places.Length) is var gain && gain > best.Gain)
            {
                best = new Split(dimension, at, gain);
            }
        }

        return best;
    }

    private Split BestChoice(int[] trials, int dimension)
    {
        var sums = new SortedDictionary<int, (double Sum, int Count)>();
        double sum = 0;
        foreach (int trial in trials)
        {
            int choice = (int)_columns[dimension][trial];
            (double had, int count) = sums.GetValueOrDefault(choice);
            sums[choice] = (had + _values[trial], count + 1);
            sum += _values[trial];
        }

        Split best = default;
        foreach ((int choice, (double own, int count)) in sums)
        {
            if (count < trials.Length && Gain(own, count, sum, trials.Length) is var gain && gain > best.Gain)
            {
                best = new Split(dimension, choice, gain);
            }
        }

        return best;
    }

    /// <summary>By how much the squared error falls.</summary>
    private static double Gain(double left, int count, double sum, int total)
    {
        double right = sum - left;
        return (left * left / count) + (right * right / (total - count)) - (sum * sum / total);
    }

    private readonly record struct Split(int Dimension, double At, double Gain);

    private sealed record Leaf(double Value, Side[] Box);

    private readonly record struct Side(double Low, double High, int[]? Choices)
    {
        public (Side Left, Side Right) Cut(double at) => Choices is null
            ? (this with { High = at }, this with { Low = at })
            : (this with { Choices = [(int)at] }, this with { Choices = Array.FindAll(Choices, choice => choice != (int)at) });
    }
}
