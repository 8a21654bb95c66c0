namespace Mlops.Tests.Loop;

/// <summary>What a caller of the ridership model has.</summary>
public sealed record Ride(double Lag);
