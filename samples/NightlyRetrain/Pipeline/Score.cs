namespace NightlyRetrain;

/// <summary>What a penalty is worth on days that the model had not seen.</summary>
public sealed record Score(double Penalty, double Error);
