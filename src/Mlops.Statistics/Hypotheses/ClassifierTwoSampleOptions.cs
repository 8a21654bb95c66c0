namespace Mlops.Statistics;

/// <summary>Settings of <see cref="ClassifierTwoSample"/>; the defaults suit almost every use.</summary>
public sealed record ClassifierTwoSampleOptions
{
    /// <summary>The defaults.</summary>
    public static ClassifierTwoSampleOptions Default { get; } = new();

    /// <summary>The classifier, taught labels 0 for the reference and 1 for the current sample; null (default) for <see cref="LogisticRegression"/>.</summary>
    public Learner? Learner { get; init; }

    /// <summary>Quantile bins per column that the learner sees as indicators; 0 shows it the columns themselves. 10 by default.</summary>
    public int Bins
    {
        get;
        init
        {
            if (value is not (0 or (>= 2 and <= 64)))
                throw new ArgumentOutOfRangeException(nameof(value), value, "0 or 2 to 64 bins are needed.");
            field = value;
        }
    } = 10;

    /// <summary>Seed that deals the rows to teaching and testing.</summary>
    public ulong Seed { get; init; } = 1;
}
