using Mlops.Statistics;

namespace Mlops.Serving;

/// <summary>
/// Evidence about the computing time of the candidate, from pairs of runs: one of either version, with the same number of rows, shortly after each other.
/// </summary>
/// <remarks>
/// The versions do not batch alike: the one with the smaller share meets smaller batches, whose rows cost more each, and its calls run alone also when
/// the machine is busy. So only runs of equally many rows are compared, which takes out the size, and only those next to each other in time, which takes
/// out the load. A pair's value is the logarithm to base 2 of its ratio, between an eighth and eight times; each side of the margin is one
/// <see cref="MeanEProcess"/>. A run is in one pair at most, since others that it were in would not be independent of the first.
/// </remarks>
internal sealed class TimePairs : IMeanComparison
{
    private const double LargestLog = 3;
    private const int Places = 64;
    private static readonly TimeSpan Nearness = TimeSpan.FromSeconds(10);
    private readonly TimeProvider _time;
    private readonly Place[] _places = new Place[Places];   // by rows; numbers of rows that share a place displace each other
    private readonly MeanEProcess _worse;
    private readonly MeanEProcess _better;
    private double _sum;

    /// <param name="margin">Accepted mean of the logarithms, above 0 and below 3.</param>
    /// <param name="time">Whose timestamps runs have.</param>
    public TimePairs(double margin, TimeProvider time)
    {
        _time = time;
        _worse = new MeanEProcess(margin, -LargestLog, LargestLog, ChangeDirection.Up);
        _better = new MeanEProcess(margin, -LargestLog, LargestLog, ChangeDirection.Down);
    }

    /// <summary>Pairs, each of which has one key of either version.</summary>
    public long CandidateCount => _worse.Count;

    public long StableCount => CandidateCount;

    public double? CandidateMean => CandidateCount == 0 ? null : _sum / CandidateCount;

    public double? StableMean => CandidateCount == 0 ? null : 0;

    public double LogWorse => _worse.LogEValue;

    public double LogBetter => _better.LogEValue;

    public bool IsWorse(double alpha) => _worse.Reject(alpha);

    public bool IsBetter(double alpha) => _better.Reject(alpha);

    /// <summary>Takes the run that answered the first call of a key.</summary>
    public void Add(bool isCandidate, in RunTime run)
    {
        ref Place place = ref _places[run.Rows % Places];
        if (run.At <= (isCandidate ? place.LastCandidate : place.LastStable))
            return;   // in a pair already, by another of its calls

        if (place.Waiting.Rows == run.Rows && place.IsCandidate != isCandidate && _time.GetElapsedTime(place.Waiting.At, run.At).Duration() <= Nearness)
        {
            (RunTime candidate, RunTime stable) = isCandidate ? (run, place.Waiting) : (place.Waiting, run);
            place = new Place { LastCandidate = candidate.At, LastStable = stable.At };
            Add(Math.Clamp(Math.Log2((double)candidate.Ticks / stable.Ticks), -LargestLog, LargestLog));
            return;
        }

        place.Waiting = run;
        place.IsCandidate = isCandidate;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_sum);
        SavedProcess.Write(writer, _worse);
        SavedProcess.Write(writer, _better);
    }

    public void Restore(BinaryReader reader)
    {
        _sum = reader.ReadDouble();
        SavedProcess.Read(reader, _worse);
        SavedProcess.Read(reader, _better);
    }

    private void Add(double ratio)
    {
        _worse.Add(ratio);
        _better.Add(ratio);
        _sum += ratio;
    }

    /// <summary>A run that waits for one of the other version, and which runs of its number of rows have been in a pair.</summary>
    private struct Place
    {
        public RunTime Waiting;
        public bool IsCandidate;
        public long LastCandidate;
        public long LastStable;
    }
}
