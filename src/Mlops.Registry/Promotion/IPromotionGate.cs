namespace Mlops.Registry;

/// <summary>A condition for a promotion. Implementations are thread-safe.</summary>
public interface IPromotionGate
{
    /// <summary>What the decision calls it; unique within one promotion.</summary>
    string Name { get; }

    /// <summary>Judges the candidate. An exception counts as <see cref="GateVerdict.Error"/> and stops the candidate.</summary>
    ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken = default);
}
