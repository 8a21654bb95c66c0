namespace Mlops.Serving;

/// <summary>Evidence about the mean of a metric of the candidate and that of the stable version, to be looked at all the time. Not thread-safe.</summary>
internal interface IMeanComparison
{
    /// <summary>Keys, by who answered.</summary>
    long StableCount { get; }

    long CandidateCount { get; }

    /// <summary>Mean of the values; <c>null</c> without any.</summary>
    double? StableMean { get; }

    double? CandidateMean { get; }

    /// <summary>Natural logarithm of the evidence that the difference is above the margin.</summary>
    double LogWorse { get; }

    /// <summary>Natural logarithm of the evidence that it is below.</summary>
    double LogBetter { get; }

    /// <summary>Writes what has been shown.</summary>
    void Save(BinaryWriter writer);

    /// <summary>Goes on with what <see cref="Save"/> has written.</summary>
    /// <exception cref="FormatException">It was about another margin or other limits.</exception>
    void Restore(BinaryReader reader);

    bool IsWorse(double alpha);

    bool IsBetter(double alpha);
}
