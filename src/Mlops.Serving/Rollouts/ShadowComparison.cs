using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Serving;

/// <summary>What a pair of versions has computed for the same rows. Thread-safe.</summary>
internal sealed class ShadowComparison(ServedVersion live, ServedVersion shadow, TensorSpec output, double tolerance)
{
    private const int Bins = 10;
    private const int Rehearsal = 500;   // rows whose live scores make the bins
    private readonly Lock _lock = new();
    private readonly List<(double Live, double Shadow)> _first = [];
    private readonly long[] _liveCounts = new long[Bins];
    private readonly long[] _shadowCounts = new long[Bins];
    private double[]? _edges;
    private long _rows;
    private long _numbers;
    private long _agreed;
    private long _failed;
    private long _timed;
    private double _distance;
    private double _largest;
    private double _logRatio;

    public ServedVersion Live => live;

    public ServedVersion Shadow => shadow;

    public void AddFailure() => Interlocked.Increment(ref _failed);

    /// <summary>Takes the selected outputs of one call.</summary>
    /// <returns>Rows that were compared.</returns>
    public int Add(ReadOnlySpan<byte> liveOutput, ReadOnlySpan<byte> shadowOutput, double liveTicks, double shadowTicks)
    {
        lock (_lock)
        {
            if (liveTicks > 0 && shadowTicks > 0)
            {
                _timed++;
                _logRatio += Math.Log(shadowTicks / liveTicks);
            }

            return output.Type switch
            {
                TensorDataType.Float32 => Add(MemoryMarshal.Cast<byte, float>(liveOutput), MemoryMarshal.Cast<byte, float>(shadowOutput)),
                TensorDataType.Float64 => Add(MemoryMarshal.Cast<byte, double>(liveOutput), MemoryMarshal.Cast<byte, double>(shadowOutput)),
                TensorDataType.Int64 => Add(MemoryMarshal.Cast<byte, long>(liveOutput), MemoryMarshal.Cast<byte, long>(shadowOutput)),
                TensorDataType.Int32 => Add(MemoryMarshal.Cast<byte, int>(liveOutput), MemoryMarshal.Cast<byte, int>(shadowOutput)),
                TensorDataType.Boolean => Add(liveOutput, shadowOutput),
                _ => 0,
            };
        }
    }

    public ShadowVerdict ToVerdict(long dropped)
    {
        lock (_lock)
        {
            return new ShadowVerdict
            {
                Live = live,
                Shadow = shadow,
                Rows = _rows,
                Failed = Volatile.Read(ref _failed),
                Dropped = dropped,
                Agreement = _rows == 0 ? null : (double)_agreed / _rows,
                MeanDifference = _numbers == 0 ? null : _distance / _numbers,
                LargestDifference = _numbers == 0 ? null : _largest,
                StabilityIndex = _edges is null ? null : PopulationStabilityIndex.Compute(_liveCounts, _shadowCounts),
                TimeRatio = _timed == 0 ? null : Math.Exp(_logRatio / _timed),
            };
        }
    }

    private int Add<T>(ReadOnlySpan<T> lives, ReadOnlySpan<T> shadows)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        int width = (int)(output.ElementsPerRow ?? 0);
        if (width == 0 || lives.Length != shadows.Length)
            return 0;

        int rows = lives.Length / width;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<T> one = lives.Slice(row * width, width), other = shadows.Slice(row * width, width);
            int best = 0, otherBest = 0;
            for (int i = 0; i < width; i++)
            {
                best = one[i] > one[best] ? i : best;
                otherBest = other[i] > other[otherBest] ? i : otherBest;
                double distance = Distance(double.CreateTruncating(one[i]), double.CreateTruncating(other[i]));
                _distance += distance;
                _largest = Math.Max(_largest, distance);
            }

            double score = double.CreateTruncating(one[best]), otherScore = double.CreateTruncating(other[otherBest]);
            bool isWhole = typeof(T) == typeof(long) || typeof(T) == typeof(int) || typeof(T) == typeof(byte);
            double allowed = isWhole ? 0 : tolerance * (Math.Abs(score) is var size and > 1 && double.IsFinite(size) ? size : 1);
            _agreed += (width > 1 ? best == otherBest : Distance(score, otherScore) <= allowed) ? 1 : 0;
            Score(score, otherScore);
        }

        _rows += rows;
        _numbers += lives.Length;
        return rows;
    }

    private static double Distance(double one, double other) => one.Equals(other) ? 0 : double.IsNaN(one - other) ? double.PositiveInfinity : Math.Abs(one - other);

    private void Score(double score, double other)
    {
        if (_edges is not null)
        {
            Count(_edges, score, other);
            return;
        }

        _first.Add((score, other));
        if (_first.Count < Rehearsal)
            return;

        double[] sorted = [.. _first.Select(static pair => pair.Live).Order()];
        _edges = [.. Enumerable.Range(1, Bins - 1).Select(i => sorted[i * Rehearsal / Bins])];
        foreach ((double first, double second) in _first)
            Count(_edges, first, second);
        _first.Clear();
    }

    private void Count(double[] edges, double score, double other)
    {
        _liveCounts[Bin(edges, score)]++;
        _shadowCounts[Bin(edges, other)]++;
    }

    private static int Bin(double[] edges, double value)
    {
        int bin = 0;
        while (bin < edges.Length && value >= edges[bin])
            bin++;
        return bin;
    }
}
