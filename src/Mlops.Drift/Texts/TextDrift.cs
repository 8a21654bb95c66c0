namespace Mlops.Drift;

/// <summary>The answer to one comparison of texts: whether they are missing more often, longer or shorter, or about something else. Immutable.</summary>
public sealed record TextDrift
{
    /// <summary>
    /// Drift when any check finds it; Undecided when none does and there are too few texts to find an area of <see cref="TextDriftOptions.MaterialArea"/>; else NoDrift. The area is what the classifier
    /// reaches after learning from half of the texts: a change of few words, which so many texts cannot teach it, is not ruled out.
    /// </summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>Why, in one sentence without content of the texts.</summary>
    public required string Reason { get; init; }

    /// <summary>Missing share, characters, words and domain, in this order.</summary>
    public required IReadOnlyList<TextCheck> Checks { get; init; }

    /// <summary>
    /// The words whose share of texts changed most, of those that changed beyond chance (significant at alpha over all words by Bonferroni). They are content of the texts, which this library never logs.
    /// </summary>
    public IReadOnlyList<TellingWord> TellingWords { get; init; } = [];

    /// <summary>Texts of the reference that were given, missing ones included.</summary>
    public required int ReferenceTexts { get; init; }

    /// <summary>Current texts that were given, missing ones included.</summary>
    public required int CurrentTexts { get; init; }

    /// <summary>Texts of the reference that were compared: those present, or a sample of them.</summary>
    public required int ReferenceTextsCompared { get; init; }

    /// <summary>Current texts that were compared: those present, or a sample of them.</summary>
    public required int CurrentTextsCompared { get; init; }

    /// <summary>Compares two samples of texts. Deterministic; nothing is kept or logged.</summary>
    /// <param name="reference">Texts from a time when all was well; null where one is missing. An empty text is not missing.</param>
    /// <param name="current">The texts to judge, likewise.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TextDrift Compare(IReadOnlyList<string?> reference, IReadOnlyList<string?> current, TextDriftOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        options ??= new TextDriftOptions();
        options.Validate();
        return new TextComparison(options).Compare(reference, current);
    }
}
