namespace Mlops.Registry;

/// <summary>The outcome of a promotion, stored together with the move of the alias, or alone when the candidate was rejected.</summary>
/// <param name="Id">Identifies the decision.</param>
/// <param name="Accepted">Whether every gate passed and the alias was moved.</param>
/// <param name="Candidate">The version that asked to be promoted.</param>
/// <param name="Previous">The version the alias named before, or null.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Evidence">What each gate said.</param>
public sealed record PromotionDecision(long Id, bool Accepted, int Candidate, int? Previous, DateTimeOffset At, IReadOnlyList<GateEvidence> Evidence);
