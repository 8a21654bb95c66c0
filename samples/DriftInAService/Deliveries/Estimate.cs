namespace DriftInAService.Deliveries;

/// <summary>An order with the hours it is said to take: what the monitor sees.</summary>
internal sealed record Estimate(string Id, double Weight, double Distance, string? Country, double Hours);
