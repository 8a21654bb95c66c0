namespace Mlops.Drift;

/// <summary>The rows of the reference in which a segment column has one value.</summary>
/// <param name="Slot">The column, among the categorical ones.</param>
/// <param name="Value">Its value.</param>
/// <param name="Parts">The rows.</param>
internal sealed record SegmentReference(int Slot, string Value, SeasonalParts Parts);
