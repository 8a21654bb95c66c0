namespace Mlops.Registry;

internal sealed record NewDecision(AliasMove Move, IReadOnlyList<GateEvidence> Evidence);
