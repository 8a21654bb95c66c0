namespace Mlops.Tuning;

/// <summary>
/// The model of one group of parameters, which appear together. Lengths and noise are fitted when the trials have grown by a share, from where
/// the last fit ended; so they are a function of the finished trials in their order, and nothing of them needs to be stored.
/// </summary>
internal sealed class GaussianProcessGroup : GroupModel
{
    private const int FirstEvaluations = 60;
    private const int WarmEvaluations = 15;
    private const int Good = 5;
    private const double Growth = 1.0 / 12;

    private readonly string[] _names;
    private readonly UnitAxis?[] _axes;
    private readonly bool[] _isChoice;
    private readonly GaussianProcessSampler _settings;
    private readonly StudySpace _space;
    private readonly List<Row> _rows = [];
    private readonly GaussianProcess _process;
    private readonly GaussianProcess _fitted;
    private readonly GaussianProcess _limit;
    private double[] _logs;
    private double[] _limitLogs;
    private int _followed;
    private int _nextFit;

    public GaussianProcessGroup(string[] names, ParameterDomain[] domains, GaussianProcessSampler settings, StudySpace space)
        : base(domains)
    {
        _names = names;
        _axes = Array.ConvertAll(domains, static domain => domain.IsChoice ? null : new UnitAxis(domain));
        _isChoice = Array.ConvertAll(domains, static domain => domain.IsChoice);
        _settings = settings;
        _space = space;
        _process = new GaussianProcess(_isChoice);
        _fitted = new GaussianProcess(_isChoice);
        _limit = new GaussianProcess(_isChoice);
        _logs = GaussianProcess.DefaultLogs(names.Length);
        _limitLogs = _logs;
        _nextFit = settings.StartupTrials;
    }

    /// <summary>Brings the model to what a trial may see.</summary>
    /// <returns>Whether there are enough trials to choose by it.</returns>
    public override bool Follow(TrialView view)
    {
        if (view.Count < _followed)
        {
            _rows.Clear();
            _logs = _limitLogs = GaussianProcess.DefaultLogs(_names.Length);
            (_followed, _nextFit) = (0, _settings.StartupTrials);
        }

        for (; _followed < view.Count; _followed++)
        {
            if (view.States[_followed] == TrialState.Completed && Read(name => view.Column(name) is { IsEmpty: false } column ? column[_followed] : double.NaN) is { } point)
            {
                double value = view.Values(0)[_followed];
                _rows.Add(new Row(point, _space.Directions[0] == Direction.Maximize ? -value : value, view.Violations[_followed], view.LargestConstraints[_followed], _rows.Count));
                if (_rows.Count >= _nextFit)
                {
                    Fit();
                }
            }
        }

        return _rows.Count >= _settings.StartupTrials;
    }

    /// <summary>One coordinate per parameter.</summary>
    public override double[] Choose(SamplingContext context)
    {
        List<Row> rows = Kept();
        double[][] points = [.. rows.Select(static row => row.Point)];
        double[] targets = PowerTransform.Apply([.. rows.Select(static row => row.Value)]);
        bool isLimited = rows.Exists(static row => row.Violation > 0);
        double best = Best(rows, targets);
        GaussianProcess process = Condition(_process, points, targets, _logs);
        GaussianProcess? limit = isLimited ? Condition(_limit, points, Limits(rows), _limitLogs) : null;
        double[] kernels = new double[points.Length];

        // A trial that runs is taken to find what the model expects of it, so that nothing is to be gained beside it.
        double[][] beside = [.. context.Running.Select(trial => Read(name => trial.Proposal.TryGetValue(name, out double coordinate) ? coordinate : double.NaN)).OfType<double[]>()];
        if (beside.Length > 0)
        {
            double[] expected = Array.ConvertAll(beside, point => process.Predict(point, kernels).Mean);
            best = Math.Min(best, expected.Min());
            process = Condition(_process, [.. points, .. beside], [.. targets, .. expected], _logs);
            kernels = new double[points.Length + beside.Length];
        }

        int[] good = [.. Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Violation).ThenBy(i => targets[i]).Take(Good)];
        var search = new AcquisitionSearch(Domains, context.Random($"gp\0{string.Join('\0', _names)}"));
        double[] limitKernels = new double[points.Length];
        double[][] slopes = [.. Enumerable.Range(0, 4).Select(_ => new double[_names.Length])];
        double[] chosen = search.Maximize(Acquisition, Array.ConvertAll(good, i => points[i]));
        return [.. chosen.Select((x, d) => _axes[d] is { } axis ? axis.ToCoordinate(x) : x)];

        double Acquisition(double[] point, double[]? gradient)
        {
            (double mean, double variance) = gradient is null ? process.Predict(point, kernels) : process.Predict(point, kernels, slopes[0], slopes[1]);
            double value = ExpectedImprovement.Log(best, mean, variance, out double byMean, out double byVariance);
            for (int d = 0; gradient is not null && d < gradient.Length; d++)
            {
                gradient[d] = (byMean * slopes[0][d]) + (byVariance * slopes[1][d]);
            }

            return limit is null ? value : value + Feasibility(limit, point, gradient);
        }

        double Feasibility(GaussianProcess model, double[] point, double[]? gradient)
        {
            (double mean, double variance) = gradient is null ? model.Predict(point, limitKernels) : model.Predict(point, limitKernels, slopes[2], slopes[3]);
            double deviation = Math.Sqrt(variance + 1e-12);
            double z = -mean / deviation;
            double log = ExpectedImprovement.LogCumulative(z);
            double ratio = Math.Exp((-0.5 * z * z) - NormalLaw.LogSqrtTwoPi - log);
            for (int d = 0; gradient is not null && d < gradient.Length; d++)
            {
                gradient[d] += ratio * ((-slopes[2][d] / deviation) - (z * slopes[3][d] / (2 * deviation * deviation)));
            }

            return log;
        }
    }

    private void Fit()
    {
        List<Row> rows = Kept();
        double[][] points = [.. rows.Select(static row => row.Point)];
        bool isFirst = _rows.Count == _settings.StartupTrials;
        _logs = Fit(points, PowerTransform.Apply([.. rows.Select(static row => row.Value)]), _logs, isFirst);
        if (rows.Exists(static row => row.Violation > 0))
        {
            _limitLogs = Fit(points, Limits(rows), _limitLogs, isFirst);
        }

        _nextFit = _rows.Count + Math.Max(1, (int)(_rows.Count * Growth));
    }

    private double[] Fit(double[][] points, double[] targets, double[] from, bool isFirst)
    {
        (double[] logs, double loss) = _fitted.Fit(points, targets, from, isFirst ? FirstEvaluations : WarmEvaluations);
        return double.IsFinite(loss) ? logs : GaussianProcess.DefaultLogs(_names.Length);
    }

    /// <summary>
    /// Brings a process to the points: what it knows of them under the same logarithms is kept, which leaves it the same as if it had begun anew. More noise
    /// always makes the matrix definite.
    /// </summary>
    private static GaussianProcess Condition(GaussianProcess process, double[][] points, double[] targets, double[] logs)
    {
        double noise = Math.Max(logs[^1], Math.Log(GaussianProcess.LeastNoise));
        for (double[] tried = logs; !process.Follow(points, tried); noise += Math.Log(10))
        {
            tried = [.. logs[..^1], noise];
        }

        process.Solve(targets);
        return process;
    }

    /// <summary>All trials up to the maximum, beyond it the best half and the newest.</summary>
    private List<Row> Kept()
    {
        int maximum = _settings.MaximumTrials;
        if (_rows.Count <= maximum)
        {
            return _rows;
        }

        int newest = maximum / 2;
        IEnumerable<Row> best = _rows[..^newest].OrderBy(static row => row.Violation).ThenBy(static row => row.Value).ThenBy(static row => row.Order).Take(maximum - newest);
        return [.. best.OrderBy(static row => row.Order), .. _rows[^newest..]];
    }

    /// <summary>
    /// The constraint closest to being missed, in units of what is usual, so that 0 stays the border; bent at both ends, where only the side matters.
    /// A trial without constraints is as far inside as any.
    /// </summary>
    private static double[] Limits(List<Row> rows)
    {
        double[] known = [.. rows.Where(static row => !double.IsNaN(row.LargestConstraint)).Select(static row => Math.Abs(row.LargestConstraint)).Order()];
        double usual = known.Length > 0 && known[known.Length / 2] > 0 ? known[known.Length / 2] : 1;
        double inside = Math.Min(-1, rows.Where(static row => !double.IsNaN(row.LargestConstraint)).Select(row => Math.Asinh(row.LargestConstraint / usual)).DefaultIfEmpty().Min());
        return [.. rows.Select(row => double.IsNaN(row.LargestConstraint) ? inside : Math.Asinh(row.LargestConstraint / usual))];
    }

    private static double Best(List<Row> rows, double[] targets)
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i < targets.Length; i++)
        {
            best = rows[i].Violation > 0 ? best : Math.Min(best, targets[i]);
        }

        // Without a feasible trial any value is an improvement, and only the chance of being feasible decides.
        return double.IsFinite(best) ? best : targets.Max();
    }

    private double[]? Read(Func<string, double> column)
    {
        double[] point = new double[_names.Length];
        for (int d = 0; d < point.Length; d++)
        {
            double coordinate = column(_names[d]);
            if (double.IsNaN(coordinate))
            {
                return null;
            }

            point[d] = _axes[d] is { } axis ? axis.ToUnit(coordinate) : coordinate;
        }

        return point;
    }

    private sealed record Row(double[] Point, double Value, double Violation, double LargestConstraint, int Order);
}
