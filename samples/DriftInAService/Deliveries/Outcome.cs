namespace DriftInAService.Deliveries;

/// <summary>What became of a delivery.</summary>
/// <param name="Hours">How long it really took.</param>
internal sealed record Outcome(double Hours);
