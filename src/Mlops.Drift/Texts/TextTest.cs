namespace Mlops.Drift;

/// <summary>What a check of texts compared, and by which test.</summary>
public enum TextTest
{
    /// <summary>The share of missing texts, two-sided. Statistic: z, or null where Fisher's exact test decided. Effect: the absolute difference of shares.</summary>
    MissingShare = 0,

    /// <summary>Lengths in characters (UTF-16 units), by the two-sample Kolmogorov-Smirnov test. Statistic and effect: the distance, 0 to 1.</summary>
    Characters = 1,

    /// <summary>Lengths in words, likewise; of the characters that are read.</summary>
    Words = 2,

    /// <summary>
    /// Content: a linear classifier of words and character trigrams, taught on half of the texts, ranks the others. Statistic and effect: the area under the receiver
    /// operating characteristic on them, 0.5 for texts that cannot be told apart; one-sided.
    /// </summary>
    Domain = 3,
}
