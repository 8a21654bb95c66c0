namespace Mlops.Tuning;

/// <summary>Finds the kernel's parameters that are most likely for what was observed; its memory serves all processes over the same dimensions, one after the other.</summary>
internal sealed class KernelFit
{
    private const double Tolerance = 1e-2;

    private readonly BoxMinimizer _minimizer;
    private readonly BoxMinimizer.Objective _loss;
    private readonly double[] _low;
    private readonly double[] _high;
    private GaussianProcess _process = null!;
    private ReadOnlyMemory<double[]> _points;
    private ReadOnlyMemory<double> _targets;

    public KernelFit(int dimensions)
    {
        _minimizer = new BoxMinimizer(dimensions + 2);
        _loss = (logs, gradient) => _process.Loss(_points.Span, _targets.Span, logs, gradient);
        _low = [.. Enumerable.Repeat(Math.Log(1e-4), dimensions), Math.Log(1e-2), Math.Log(GaussianProcess.LeastNoise)];
        _high = [.. Enumerable.Repeat(Math.Log(1e4), dimensions), Math.Log(1e3), Math.Log(1)];
    }

    /// <summary>The most likely logarithms near a start. What the process holds is lost.</summary>
    public (double[] Logs, double Loss) Fit(GaussianProcess process, ReadOnlyMemory<double[]> points, ReadOnlyMemory<double> targets, double[] start, int evaluations)
    {
        (_process, _points, _targets) = (process, points, targets);
        double[] logs = [.. start];
        double loss = _minimizer.Minimize(_loss, logs, _low, _high, evaluations, Tolerance);
        return (logs, loss);
    }
}
