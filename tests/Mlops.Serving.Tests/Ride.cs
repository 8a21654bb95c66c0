namespace Mlops.Serving.Tests;

internal sealed record Ride(float Lag7, float Rain);
