namespace Quickstart;

/// <summary>One day of the prediction log with its label joined.</summary>
public sealed record TrainingRow(DateOnly Date, float[] Features, double Target);
