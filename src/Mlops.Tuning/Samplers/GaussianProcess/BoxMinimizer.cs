namespace Mlops.Tuning;

/// <summary>
/// Finds a local minimum of a smooth function within bounds by limited-memory BFGS on the coordinates that are free to move, with projection
/// onto the bounds (Bertsekas 1982; Liu and Nocedal 1989). What it needs of memory is made once, for a number of dimensions.
/// </summary>
internal sealed class BoxMinimizer
{
    private const int Memory = 8;
    private const double SufficientDecrease = 1e-4;
    private const int Halvings = 20;

    private readonly bool[] _free;
    private readonly double[] _direction;
    private readonly double[] _next;
    private readonly double[] _moves;
    private readonly double[] _change;
    private readonly double[] _shares = new double[Memory];
    private readonly double[] _inverses = new double[Memory];
    private readonly double[][] _steps;
    private readonly double[][] _changes;
    private double[] _gradient;
    private double[] _nextGradient;
    private int _kept;

    public BoxMinimizer(int dimensions)
    {
        _free = new bool[dimensions];
        _direction = new double[dimensions];
        _next = new double[dimensions];
        _moves = new double[dimensions];
        _change = new double[dimensions];
        _gradient = new double[dimensions];
        _nextGradient = new double[dimensions];
        _steps = new double[Memory][];
        _changes = new double[Memory][];
        for (int h = 0; h < Memory; h++)
        {
            (_steps[h], _changes[h]) = (new double[dimensions], new double[dimensions]);
        }
    }

    /// <summary>The function's value at a point; fills its gradient.</summary>
    public delegate double Objective(double[] point, double[] gradient);

    /// <summary>Moves a point downhill.</summary>
    /// <param name="objective">What to minimise; may be infinite where it is not defined. It must not keep the arrays.</param>
    /// <param name="point">Where to begin, within the bounds; receives the best point.</param>
    /// <param name="low">The lower bounds.</param>
    /// <param name="high">The upper bounds.</param>
    /// <param name="evaluations">How often the objective may be called.</param>
    /// <param name="tolerance">Ends when no free coordinate's derivative exceeds it.</param>
    /// <returns>The value reached.</returns>
    public double Minimize(Objective objective, double[] point, double[] low, double[] high, int evaluations, double tolerance)
    {
        double value = objective(point, _gradient);
        evaluations--;
        _kept = 0;
        while (evaluations > 0 && double.IsFinite(value))
        {
            if (!Free(point, low, high, tolerance))
            {
                break;
            }

            Direct();
            double step = _kept > 0 ? 1 : 1 / Math.Max(1, Math.Sqrt(Dot(_direction, _direction)));
            bool moved = false;
            for (int halving = 0; halving < Halvings && evaluations > 0; halving++, step /= 2)
            {
                for (int i = 0; i < point.Length; i++)
                {
                    _next[i] = Math.Clamp(point[i] + (step * _direction[i]), low[i], high[i]);
                }

                double nextValue = objective(_next, _nextGradient);
                evaluations--;
                Subtract(_next, point, _moves);
                if (!(nextValue <= value + (SufficientDecrease * Dot(_gradient, _moves))))
                {
                    continue;
                }

                Subtract(_nextGradient, _gradient, _change);
                Remember();
                moved = Dot(_moves, _moves) > 0;
                _next.CopyTo(point, 0);
                value = nextValue;
                (_gradient, _nextGradient) = (_nextGradient, _gradient);
                break;
            }

            if (!moved)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>Notes which coordinates may move; false when none of them is steep enough.</summary>
    private bool Free(double[] point, double[] low, double[] high, double tolerance)
    {
        bool isSteep = false;
        for (int i = 0; i < point.Length; i++)
        {
            _free[i] = _gradient[i] > 0 ? point[i] > low[i] : point[i] < high[i];
            isSteep |= _free[i] && Math.Abs(_gradient[i]) > tolerance;
        }

        return isSteep;
    }

    /// <summary>Keeps the latest changes of the gradient, the oldest first, where the function is convex.</summary>
    private void Remember()
    {
        double curvature = Dot(_moves, _change);
        if (!(curvature > 1e-12 * Dot(_change, _change)))
        {
            return;
        }

        if (_kept == Memory)
        {
            (double[] step, double[] change) = (_steps[0], _changes[0]);
            Array.Copy(_steps, 1, _steps, 0, Memory - 1);
            Array.Copy(_changes, 1, _changes, 0, Memory - 1);
            Array.Copy(_inverses, 1, _inverses, 0, Memory - 1);
            (_steps[^1], _changes[^1]) = (step, change);
            _kept--;
        }

        _moves.CopyTo(_steps[_kept], 0);
        _change.CopyTo(_changes[_kept], 0);
        _inverses[_kept++] = 1 / curvature;
    }

    /// <summary>The two-loop recursion on the free coordinates; steepest descent where it would not descend.</summary>
    private void Direct()
    {
        Steepest();
        for (int h = _kept - 1; h >= 0; h--)
        {
            _shares[h] = _inverses[h] * Dot(_steps[h], _direction);
            Add(_direction, _changes[h], -_shares[h]);
        }

        if (_kept > 0)
        {
            double scale = 1 / (_inverses[_kept - 1] * Dot(_changes[_kept - 1], _changes[_kept - 1]));
            for (int i = 0; i < _direction.Length; i++)
            {
                _direction[i] *= scale;
            }
        }

        for (int h = 0; h < _kept; h++)
        {
            Add(_direction, _steps[h], _shares[h] - (_inverses[h] * Dot(_changes[h], _direction)));
        }

        for (int i = 0; i < _direction.Length; i++)
        {
            _direction[i] = _free[i] ? _direction[i] : 0;
        }

        if (!(Dot(_direction, _gradient) < 0))
        {
            Steepest();
        }
    }

    private void Steepest()
    {
        for (int i = 0; i < _direction.Length; i++)
        {
            _direction[i] = _free[i] ? -_gradient[i] : 0;
        }
    }

    private static void Subtract(double[] a, double[] b, double[] difference)
    {
        for (int i = 0; i < a.Length; i++)
        {
            difference[i] = a[i] - b[i];
        }
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
