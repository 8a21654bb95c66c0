namespace DriftInAService.Deliveries;

/// <summary>What is to be delivered.</summary>
/// <param name="Weight">Kilograms.</param>
/// <param name="Distance">Kilometres.</param>
/// <param name="Country">Two letters; null where unknown.</param>
internal sealed record Order(double Weight, double Distance, string? Country);
