namespace Mlops.Drift;

/// <summary>A word whose share of texts changed beyond chance. It is content of the texts and never logged by this library; treat it as such.</summary>
/// <param name="Word">In lower case.</param>
/// <param name="ReferenceShare">The share of the compared reference texts that hold it.</param>
/// <param name="CurrentShare">The share of the compared current texts that hold it.</param>
public sealed record TellingWord(string Word, double ReferenceShare, double CurrentShare);
