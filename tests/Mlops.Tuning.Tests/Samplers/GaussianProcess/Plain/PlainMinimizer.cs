namespace Mlops.Tuning.Tests;

/// <summary>What <see cref="BoxMinimizer"/> has to equal bit for bit, with memory made anew for every step.</summary>
internal static class PlainMinimizer
{
    private const int Memory = 8;
    private const double SufficientDecrease = 1e-4;
    private const int Halvings = 20;

    /// <summary>The function's value at a point; fills its gradient.</summary>
    public delegate double Objective(double[] point, double[] gradient);

    /// <summary>Moves a point downhill.</summary>
    /// <param name="objective">What to minimise; may be infinite where it is not defined.</param>
    /// <param name="point">Where to begin, within the bounds; receives the best point.</param>
    /// <param name="low">The lower bounds.</param>
    /// <param name="high">The upper bounds.</param>
    /// <param name="evaluations">How often the objective may be called.</param>
    /// <param name="tolerance">Ends when no free coordinate's derivative exceeds it.</param>
    /// <returns>The value reached.</returns>
    public static double Minimize(Objective objective, double[] point, double[] low, double[] high, int evaluations, double tolerance)
    {
        int n = point.Length;
        double[] gradient = new double[n];
        double value = objective(point, gradient);
        evaluations--;
        List<(double[] Step, double[] Change, double Inverse)> history = [];
        while (evaluations > 0 && double.IsFinite(value))
        {
            bool[] free = [.. Enumerable.Range(0, n).Select(i => gradient[i] > 0 ? point[i] > low[i] : point[i] < high[i])];
            if (!Enumerable.Range(0, n).Any(i => free[i] && Math.Abs(gradient[i]) > tolerance))
            {
                break;
            }

            double[] direction = Direction(gradient, free, history);
            double step = history.Count > 0 ? 1 : 1 / Math.Max(1, Math.Sqrt(Dot(direction, direction)));
            bool moved = false;
            for (int halving = 0; halving < Halvings && evaluations > 0; halving++, step /= 2)
            {
                double[] next = [.. point.Select((x, i) => Math.Clamp(x + (step * direction[i]), low[i], high[i]))];
                double[] nextGradient = new double[n];
                double nextValue = objective(next, nextGradient);
                evaluations--;
                double[] moves = [.. next.Select((x, i) => x - point[i])];
                if (!(nextValue <= value + (SufficientDecrease * Dot(gradient, moves))))
                {
                    continue;
                }

                double[] change = [.. nextGradient.Select((g, i) => g - gradient[i])];
                double curvature = Dot(moves, change);
                if (curvature > 1e-12 * Dot(change, change))
                {
                    history.Add((moves, change, 1 / curvature));
                    if (history.Count > Memory)
                    {
                        history.RemoveAt(0);
                    }
                }

                moved = Dot(moves, moves) > 0;
                next.CopyTo(point, 0);
                (value, gradient) = (nextValue, nextGradient);
                break;
            }

            if (!moved)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>The two-loop recursion on the free coordinates; steepest descent where it would not descend.</summary>
    private static double[] Direction(double[] gradient, bool[] free, List<(double[] Step, double[] Change, double Inverse)> history)
    {
        double[] direction = [.. gradient.Select((g, i) => free[i] ? -g : 0)];
        double[] steepest = direction;
        direction = [.. direction];
        double[] shares = new double[history.Count];
        for (int h = history.Count - 1; h >= 0; h--)
        {
            shares[h] = history[h].Inverse * Dot(history[h].Step, direction);
            Add(direction, history[h].Change, -shares[h]);
        }

        if (history.Count > 0)
        {
            double scale = 1 / (history[^1].Inverse * Dot(history[^1].Change, history[^1].Change));
            for (int i = 0; i < direction.Length; i++)
            {
                direction[i] *= scale;
            }
        }

        for (int h = 0; h < history.Count; h++)
        {
            Add(direction, history[h].Step, shares[h] - (history[h].Inverse * Dot(history[h].Change, direction)));
        }

        for (int i = 0; i < direction.Length; i++)
        {
            direction[i] = free[i] ? direction[i] : 0;
        }

        return Dot(direction, gradient) < 0 ? direction : steepest;
    }

    private static void Add(double[] sum, double[] vector, double weight)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += weight * vector[i];
        }
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
