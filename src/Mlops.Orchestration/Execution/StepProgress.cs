namespace Mlops.Orchestration;

/// <summary>How far an attempt says it is.</summary>
internal sealed record StepProgress(double Fraction, string? Message);
