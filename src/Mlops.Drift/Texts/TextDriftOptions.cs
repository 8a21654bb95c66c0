namespace Mlops.Drift;

/// <summary>How texts are compared. The defaults suit prompts, reviews, tickets and the like.</summary>
public sealed class TextDriftOptions
{
    /// <summary>The false discovery rate across the checks, strictly between 0 and 1; default 0.05.</summary>
    public double Alpha { get; set; } = 0.05;

    /// <summary>The smallest difference of missing shares that counts, default 0.01.</summary>
    public double MissingShareFloor { get; set; } = 0.01;

    /// <summary>The smallest Kolmogorov-Smirnov distance of lengths that counts, default 0.05.</summary>
    public double LengthFloor { get; set; } = 0.05;

    /// <summary>The smallest area under the curve of the domain classifier that counts, above 0.5 and below 1; default 0.55.</summary>
    public double AreaFloor { get; set; } = 0.55;

    /// <summary>
    /// The area, on texts that did not teach the classifier, that must be detectable with probability 0.8 before "no drift" is said, adjusted for the other checks; above 0.5 and below 1, default 0.6, which takes
    /// some 320 texts a side. A change of few words in few texts may not reach it, whatever a classifier taught on more texts would reach.
    /// </summary>
    public double MaterialArea { get; set; } = 0.6;

    /// <summary>Texts compared of each side, 20 to 50 000; default 5 000. Of more, those whose number hashes lowest are taken.</summary>
    public int MaximumTexts { get; set; } = 5_000;

    /// <summary>Characters read of each text, from its start, 10 to 100 000; default 1 000. Memory is some 10 bytes for each character read.</summary>
    public int MaximumCharacters { get; set; } = 1_000;

    /// <summary>Telling words reported, 0 to 1 000; default 10.</summary>
    public int MaximumWords { get; set; } = 10;

    /// <summary>Seed of all that is drawn; equal texts under an equal seed give an equal result. Default 1.</summary>
    public long Seed { get; set; } = 1;

    internal void Validate()
    {
        Require.Level(Alpha, 1, nameof(Alpha));
        Require.NotNegative(MissingShareFloor, nameof(MissingShareFloor));
        Require.NotNegative(LengthFloor, nameof(LengthFloor));
        Require.Area(AreaFloor, nameof(AreaFloor));
        Require.Area(MaterialArea, nameof(MaterialArea));
        Require.InRange(MaximumTexts, 20, 50_000, nameof(MaximumTexts));
        Require.InRange(MaximumCharacters, 10, 100_000, nameof(MaximumCharacters));
        Require.InRange(MaximumWords, 0, 1_000, nameof(MaximumWords));
    }
}
