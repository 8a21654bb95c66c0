namespace Mlops.Tuning;

/// <summary>Choices without an order: per kernel a one-hot distribution, smoothed the less the more kernels there are; the prior has equal shares.</summary>
internal sealed class ParzenChoices(int count) : ParzenDimension
{
    private double[] _observed = [];
    private double _logHit;
    private double _logMiss;

    public override void EnsureCapacity(int capacity) => Array.Resize(ref _observed, capacity);

    public override int Insert(int slot, double coordinate, ReadOnlySpan<int> numbers)
    {
        _observed[slot] = coordinate;
        return 0;
    }

    public override int Remove(int slot, ReadOnlySpan<int> numbers) => 0;

    public override void Smooth(int kernels)
    {
        double share = 1.0 / kernels;
        double total = 1 + (count * share);
        _logHit = Math.Log((1 + share) / total);
        _logMiss = Math.Log(share / total);
    }

    public override double LogPrior(double coordinate) => -Math.Log(count);

    public override void Accumulate(ReadOnlySpan<double> candidates, int candidate, int from, Span<double> sums)
    {
        double choice = candidates[candidate];
        ReadOnlySpan<double> observed = _observed.AsSpan(from, sums.Length);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += observed[i] == choice ? _logHit : _logMiss;
        }
    }

    public override double Draw(int slot, double uniform)
    {
        double hit = Math.Exp(_logHit);
        double miss = Math.Exp(_logMiss);
        double cumulative = 0;
        for (int choice = 0; choice < count - 1; choice++)
        {
            cumulative += slot < 0 ? 1.0 / count : _observed[slot] == choice ? hit : miss;
            if (uniform < cumulative)
            {
                return choice;
            }
        }

        return count - 1;
    }
}
