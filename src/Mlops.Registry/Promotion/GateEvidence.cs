namespace Mlops.Registry;

/// <summary>One gate's verdict as it is stored.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Passed">Whether the candidate met the condition.</param>
/// <param name="Evidence">The facts behind it.</param>
public sealed record GateEvidence(string Gate, bool Passed, string Evidence);
