namespace Mlops.Registry;

/// <summary>What one gate said, recorded with the decision.</summary>
/// <param name="Passed">Whether the candidate met the condition.</param>
/// <param name="Evidence">The facts behind it, for people: figures, p-values, differences.</param>
public sealed record GateResult(bool Passed, string Evidence);
