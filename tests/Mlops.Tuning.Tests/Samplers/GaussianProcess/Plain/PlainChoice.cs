namespace Mlops.Tuning.Tests;

/// <summary>
/// What <see cref="GaussianProcessSampler"/> has to choose bit for bit with one objective and one group of parameters: the same steps from the first trial on, with
/// memory made anew for each.
/// </summary>
internal sealed class PlainChoice
{
    private const int Startup = 10;
    private const int Good = 5;

    private readonly string[] _names;
    private readonly ParameterDomain[] _domains;
    private readonly UnitAxis?[] _axes;
    private readonly bool[] _isChoice;
    private readonly int _maximum;

    public PlainChoice(StudySpace space, int maximum)
    {
        _names = [.. space.Parameters.Keys.Order(StringComparer.Ordinal)];
        _domains = Array.ConvertAll(_names, name => space.Parameters[name]);
        _axes = Array.ConvertAll(_domains, static domain => domain.IsChoice ? null : new UnitAxis(domain));
        _isChoice = Array.ConvertAll(_domains, static domain => domain.IsChoice);
        _maximum = maximum;
    }

    /// <summary>The coordinates by name; null before there are enough trials.</summary>
    public Dictionary<string, double>? Of(SamplingContext context)
    {
        List<Row> all = Read(context.Finished, context.Space.Directions[0] == Direction.Maximize);
        if (all.Count(static row => !row.IsFailed) < Startup)
        {
            return null;
        }

        (double[] logs, double[] limitLogs) = Fitted(all);
        List<Row> rows = Kept(all);
        double[][] points = PointsOf(rows);
        double[] targets = PlainTransform.Apply([.. rows.Select(static row => row.Value)]);
        double[] feasible = [.. targets.Where((_, i) => rows[i].Violation == 0)];
        double best = feasible.Length > 0 ? feasible.Min() : targets.Max();
        GaussianProcess process = Condition(points, targets, logs);
        List<Row> limited = [.. rows, .. Failed(all)];
        GaussianProcess? limit = IsLimited(limited) ? Condition(PointsOf(limited), Limits(limited), limitLogs) : null;
        double[][] beside = [.. context.Running.Select(trial => Point(name => trial.Proposal.TryGetValue(name, out double x) ? x : double.NaN)).OfType<double[]>()];
        if (beside.Length > 0)
        {
            double[] expected = Array.ConvertAll(beside, point => process.Predict(point).Mean);
            best = Math.Min(best, expected.Min());
            process = Condition([.. points, .. beside], [.. targets, .. expected], logs);
        }

        int[] good = [.. Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Violation).ThenBy(i => targets[i]).Take(Good)];
        var search = new PlainSearch(_domains, context.Random($"gp\0{string.Join('\0', _names)}"));
        double[] chosen = search.Maximize((point, gradient) => Acquisition(process, limit, best, point, gradient), Array.ConvertAll(good, i => points[i]));
        return Enumerable.Range(0, _names.Length).ToDictionary(d => _names[d], d => _axes[d] is { } axis ? axis.ToCoordinate(chosen[d]) : chosen[d]);
    }

    private static double Acquisition(GaussianProcess process, GaussianProcess? limit, double best, double[] point, double[]? gradient)
    {
        double[] room = gradient ?? new double[point.Length];
        double[] meanSlopes = new double[room.Length];
        double[] varianceSlopes = new double[room.Length];
        (double mean, double variance) = gradient is null ? process.Predict(point) : process.Predict(point, meanSlopes, varianceSlopes);
        double value = ExpectedImprovement.Log(best, mean, variance, out double byMean, out double byVariance);
        for (int d = 0; d < room.Length; d++)
        {
            room[d] = (byMean * meanSlopes[d]) + (byVariance * varianceSlopes[d]);
        }

        if (limit is null)
        {
            return value;
        }

        (mean, variance) = gradient is null ? limit.Predict(point) : limit.Predict(point, meanSlopes, varianceSlopes);
        double deviation = Math.Sqrt(variance + 1e-12);
        double z = -mean / deviation;
        double log = ExpectedImprovement.LogCumulative(z);
        double ratio = Math.Exp((-0.5 * z * z) - NormalLaw.LogSqrtTwoPi - log);
        for (int d = 0; d < room.Length; d++)
        {
            room[d] += ratio * ((-meanSlopes[d] / deviation) - (z * varianceSlopes[d] / (2 * deviation * deviation)));
        }

        return value + log;
    }

    /// <summary>The kernels' parameters after all fits: at ten trials, then whenever they have grown by a twelfth.</summary>
    private (double[] Logs, double[] LimitLogs) Fitted(List<Row> all)
    {
        double[] logs = GaussianProcess.DefaultLogs(_names.Length);
        double[] limitLogs = logs;
        int begin = all.IndexOf(all.FindAll(static row => !row.IsFailed)[Startup - 1]) + 1;
        for (int count = begin; count <= all.Count; count += Math.Max(1, (int)(count * (1.0 / 12))))
        {
            List<Row> seen = all[..count];
            List<Row> rows = Kept(seen);
            List<Row> limited = [.. rows, .. Failed(seen)];
            double[][] points = PointsOf(rows);
            int evaluations = count == begin ? 60 : 15;
            logs = Fit(points, PlainTransform.Apply([.. rows.Select(static row => row.Value)]), logs, evaluations);
            limitLogs = IsLimited(limited) ? Fit(PointsOf(limited), Limits(limited), limitLogs, evaluations) : limitLogs;
        }

        return (logs, limitLogs);
    }

    private double[] Fit(double[][] points, double[] targets, double[] start, int evaluations)
    {
        double[] logs = [.. start];
        double[] low = [.. Enumerable.Repeat(Math.Log(1e-4), _names.Length), Math.Log(1e-2), Math.Log(GaussianProcess.LeastNoise)];
        double[] high = [.. Enumerable.Repeat(Math.Log(1e4), _names.Length), Math.Log(1e3), Math.Log(1)];
        double loss = PlainMinimizer.Minimize((point, gradient) => new GaussianProcess(_isChoice).Loss(points, targets, point, gradient), logs, low, high, evaluations, 1e-2);
        return double.IsFinite(loss) ? logs : GaussianProcess.DefaultLogs(_names.Length);
    }

    private GaussianProcess Condition(double[][] points, double[] targets, double[] logs)
    {
        double noise = Math.Max(logs[^1], Math.Log(GaussianProcess.LeastNoise));
        GaussianProcess? process = GaussianProcess.Condition(points, targets, _isChoice, logs);
        for (; process is null; noise += Math.Log(10))
        {
            process = GaussianProcess.Condition(points, targets, _isChoice, [.. logs[..^1], noise]);
        }

        return process;
    }

    private static bool IsLimited(List<Row> rows) => rows.Exists(static row => row.IsFailed || row.Violation > 0);

    private static double[][] PointsOf(List<Row> rows) => [.. rows.Select(static row => row.Point)];

    private IEnumerable<Row> Failed(List<Row> rows) => rows.Where(static row => row.IsFailed).TakeLast(_maximum / 4);

    private List<Row> Kept(List<Row> all)
    {
        List<Row> rows = all.FindAll(static row => !row.IsFailed);
        if (rows.Count <= _maximum)
        {
            return rows;
        }

        int newest = _maximum / 2;
        IEnumerable<Row> best = rows[..^newest].OrderBy(static row => row.Violation).ThenBy(static row => row.Value).ThenBy(static row => row.Order).Take(_maximum - newest);
        return [.. best.OrderBy(static row => row.Order), .. rows[^newest..]];
    }

    private static double[] Limits(List<Row> rows)
    {
        double[] known = [.. rows.Where(static row => !double.IsNaN(row.LargestConstraint)).Select(static row => Math.Abs(row.LargestConstraint)).Order()];
        double usual = known.Length > 0 && known[known.Length / 2] > 0 ? known[known.Length / 2] : 1;
        double[] limits = [.. rows.Select(row => Math.Asinh(row.LargestConstraint / usual))];
        double inside = limits.Where(static limit => !double.IsNaN(limit)).Append(-1).Min();
        double outside = limits.Where(static limit => !double.IsNaN(limit)).Append(1).Max();
        return [.. rows.Select((row, i) => row.IsFailed ? outside : double.IsNaN(limits[i]) ? inside : limits[i])];
    }

    private List<Row> Read(TrialView view, bool maximizes)
    {
        List<Row> rows = [];
        for (int i = 0; i < view.Count; i++)
        {
            Dictionary<string, double> coordinates = [];
            foreach (string name in _names)
            {
                coordinates.Add(name, view.Column(name)[i]);
            }

            if (view.States[i] != TrialState.Pruned && Point(name => coordinates[name]) is { } point)
            {
                double value = view.Values(0)[i];
                bool isFailed = view.States[i] == TrialState.Failed;
                rows.Add(new Row(point, maximizes ? -value : value, view.Violations[i], isFailed ? double.NaN : view.LargestConstraints[i], rows.Count, isFailed));
            }
        }

        return rows;
    }

    private double[]? Point(Func<string, double> coordinate)
    {
        double[] point = [.. _names.Select((name, d) => _axes[d] is { } axis ? axis.ToUnit(coordinate(name)) : coordinate(name))];
        return Array.Exists(point, double.IsNaN) ? null : point;
    }

    private sealed record Row(double[] Point, double Value, double Violation, double LargestConstraint, int Order, bool IsFailed);
}
