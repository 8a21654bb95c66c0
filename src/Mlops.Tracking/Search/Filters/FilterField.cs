namespace Mlops.Tracking;

/// <summary>What of a run is compared.</summary>
/// <param name="Kind">Which of its properties.</param>
/// <param name="Key">The name of the metric, parameter or tag; empty for attributes.</param>
internal readonly record struct FilterField(FilterFieldKind Kind, string Key);
