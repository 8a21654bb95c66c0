namespace Mlops.Serving;

/// <summary>
/// Evidence that the candidate fails more keys than the stable version, to be looked at all the time: of the keys that meet their first fault, the
/// candidate's should be no more than its share. Not thread-safe.
/// </summary>
/// <remarks>
/// The split is random and knows nothing of what a key does: if the candidate is no worse, a key that fails for the first time is one of its with
/// probability at most s, its share then, whatever the keys' own rates of failure, their activity, or the time of day. Against a risk r times as high the
/// probability is s r / (s r + 1 - s); the ratio of both likelihoods is multiplied up for eight ratios and averaged (a mixture of likelihood ratios,
/// Robbins 1970). Under the null the average exceeds 1 / alpha with probability alpha at most, whenever one stops (Ville). Shares may differ from fault
/// to fault.
/// </remarks>
internal sealed class FirstFaults
{
    private static readonly double[] Ratios = [1.25, 1.6, 2.2, 3, 5, 10, 30, 100];
    private readonly double[] _logs = new double[Ratios.Length];
    private double _largest;

    /// <summary>Keys that have failed, by who answered.</summary>
    public long StableCount { get; private set; }

    public long CandidateCount { get; private set; }

    /// <summary>Natural logarithm of the evidence now.</summary>
    public double LogEValue { get; private set; }

    /// <summary>Whether the evidence has ever sufficed.</summary>
    public bool Reject(double alpha) => _largest >= -Math.Log(alpha);

    /// <summary>Writes what has been shown.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(StableCount);
        writer.Write(CandidateCount);
        writer.Write(LogEValue);
        writer.Write(_largest);
        foreach (double log in _logs)
            writer.Write(log);
    }

    /// <summary>Goes on with what <see cref="Save"/> has written.</summary>
    public void Restore(BinaryReader reader)
    {
        StableCount = reader.ReadInt64();
        CandidateCount = reader.ReadInt64();
        LogEValue = reader.ReadDouble();
        _largest = reader.ReadDouble();
        for (int i = 0; i < _logs.Length; i++)
            _logs[i] = reader.ReadDouble();
    }

    /// <summary>Takes the first fault of a key.</summary>
    /// <param name="isCandidate">Who answered.</param>
    /// <param name="share">Of the keys, those that the candidate answered at the time; nothing is learned at 0 and 1.</param>
    public void Add(bool isCandidate, double share)
    {
        if (share is <= 0 or >= 1)
            return;
        if (isCandidate)
            CandidateCount++;
        else
            StableCount++;

        double top = double.NegativeInfinity;
        for (int i = 0; i < Ratios.Length; i++)
        {
            _logs[i] += (isCandidate ? Math.Log(Ratios[i]) : 0) - Math.Log(1 + (share * (Ratios[i] - 1)));
            top = Math.Max(top, _logs[i]);
        }

        double sum = 0;
        foreach (double log in _logs)
            sum += Math.Exp(log - top);
        LogEValue = top + Math.Log(sum / Ratios.Length);
        _largest = Math.Max(_largest, LogEValue);
    }
}
