namespace Mlops.Registry;

/// <summary>A condition that a candidate must meet before an alias moves to it. Implementations are thread-safe.</summary>
public interface IPromotionGate
{
    /// <summary>A short name, recorded with the decision.</summary>
    string Name { get; }

    /// <summary>Judges the candidate. An exception counts as a failed gate, with its message as the evidence.</summary>
    ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken);
}
