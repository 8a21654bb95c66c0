using Mlops.Statistics;

namespace Mlops.Serving;

/// <summary>
/// Evidence about the mean of the candidate minus that of the stable version, from one value of each key, to be looked at all the time: that it is above a
/// margin, and that it is below. Not thread-safe.
/// </summary>
/// <remarks>
/// With Z = 1 where the candidate answers, s its share then and c any guess made from earlier values, (Z - s) (x - c) has the mean s (1 - s) (difference):
/// the split is random, whatever x depends on. So the values (Z - s) (x - c) - s (1 - s) margin have a mean of at most 0 where the difference is at most
/// the margin, and of at least 0 where it is at least that, however the means move with time, load or season; each side is one
/// <see cref="MeanEProcess"/> (Waudby-Smith and Ramdas 2024; weighting by the split is that of Horvitz and Thompson 1952). The guess is the mean so far,
/// which takes out the part of the variance that both versions share.
/// </remarks>
internal sealed class MeanDifference : IMeanComparison
{
    private readonly double _low;
    private readonly double _range;
    private readonly double _margin;
    private readonly MeanEProcess _worse;
    private readonly MeanEProcess _better;
    private double _stableSum;
    private double _candidateSum;

    /// <param name="margin">In the unit of the values; above 0, at most the distance of the limits.</param>
    /// <param name="low">Values below are taken as it.</param>
    /// <param name="high">Values above are taken as it.</param>
    public MeanDifference(double margin, double low, double high)
    {
        _low = low;
        _range = high - low;
        _margin = margin / _range;
        double bound = 1 + (0.25 * _margin);
        _worse = new MeanEProcess(mean: 0, -bound, bound, ChangeDirection.Up);
        _better = new MeanEProcess(mean: 0, -bound, bound, ChangeDirection.Down);
    }

    public long StableCount { get; private set; }

    public long CandidateCount { get; private set; }

    public double? StableMean => Mean(_stableSum, StableCount);

    public double? CandidateMean => Mean(_candidateSum, CandidateCount);

    public double LogWorse => _worse.LogEValue;

    public double LogBetter => _better.LogEValue;

    public bool IsWorse(double alpha) => _worse.Reject(alpha);

    public bool IsBetter(double alpha) => _better.Reject(alpha);

    /// <summary>Takes the value of a key that has given none before.</summary>
    public void Add(bool isCandidate, double share, double value)
    {
        if (share is <= 0 or >= 1 || double.IsNaN(value))
            return;

        double x = Math.Clamp((value - _low) / _range, 0, 1);
        double guess = (0.5 + _stableSum + _candidateSum) / (1 + StableCount + CandidateCount);
        double score = ((isCandidate ? 1 : 0) - share) * (x - guess);
        double atMargin = share * (1 - share) * _margin;
        _worse.Add(score - atMargin);
        _better.Add(score - atMargin);
        if (isCandidate)
        {
            CandidateCount++;
            _candidateSum += x;
        }
        else
        {
            StableCount++;
            _stableSum += x;
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_low);
        writer.Write(_range);
        writer.Write(StableCount);
        writer.Write(CandidateCount);
        writer.Write(_stableSum);
        writer.Write(_candidateSum);
        SavedProcess.Write(writer, _worse);
        SavedProcess.Write(writer, _better);
    }

    public void Restore(BinaryReader reader)
    {
        if (reader.ReadDouble() != _low || reader.ReadDouble() != _range)
            throw new FormatException("The values have other limits now.");

        StableCount = reader.ReadInt64();
        CandidateCount = reader.ReadInt64();
        _stableSum = reader.ReadDouble();
        _candidateSum = reader.ReadDouble();
        SavedProcess.Read(reader, _worse);
        SavedProcess.Read(reader, _better);
    }

    private double? Mean(double sum, long count) => count == 0 ? null : _low + (_range * sum / count);
}
