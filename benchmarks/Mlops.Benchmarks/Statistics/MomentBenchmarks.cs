using System.Numerics.Tensors;
using BenchmarkDotNet.Attributes;
using MathNet.Numerics.Statistics;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>Count, extremes, mean and three central moments of a million values; ns per value.</summary>
[MemoryDiagnoser]
public class MomentBenchmarks
{
    private double[] _doubles = [];
    private float[] _floats = [];

    [GlobalSetup]
    public void Setup()
    {
        _doubles = Samples.Normal(1);
        _floats = Samples.ToSingle(_doubles);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "MathNet RunningStatistics, double")]
    public double MathNet()
    {
        RunningStatistics statistics = new(_doubles);
        return statistics.Mean + statistics.Variance + statistics.Skewness + statistics.Kurtosis + statistics.Minimum + statistics.Maximum;
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Moments, float")]
    public double? MomentsOfFloats() => Moments.Of(_floats).Variance;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Moments, double")]
    public double? MomentsOfDoubles() => Moments.Of(_doubles).Variance;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "five TensorPrimitives calls (no third and fourth moment), float")]
    public float TensorsOfFloats() =>
        TensorPrimitives.Min<float>(_floats) + TensorPrimitives.Max<float>(_floats) + TensorPrimitives.Sum<float>(_floats)
        + TensorPrimitives.Average<float>(_floats) + TensorPrimitives.StdDev<float>(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "five TensorPrimitives calls (no third and fourth moment), double")]
    public double TensorsOfDoubles() =>
        TensorPrimitives.Min<double>(_doubles) + TensorPrimitives.Max<double>(_doubles) + TensorPrimitives.Sum<double>(_doubles)
        + TensorPrimitives.Average<double>(_doubles) + TensorPrimitives.StdDev<double>(_doubles);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "LINQ Min, Max, Average, sum of squares, double")]
    public double Linq()
    {
        double mean = _doubles.Average();
        return _doubles.Min() + _doubles.Max() + _doubles.Sum(v => (v - mean) * (v - mean));
    }
}
