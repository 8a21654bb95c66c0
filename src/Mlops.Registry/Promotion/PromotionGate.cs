namespace Mlops.Registry;

/// <summary>Ready-made gates.</summary>
public static class PromotionGate
{
    /// <summary>A gate from a delegate.</summary>
    public static IPromotionGate Create(string name, Func<PromotionContext, CancellationToken, ValueTask<GateResult>> evaluate)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(evaluate);
        return new DelegateGate(name, evaluate);
    }

    /// <summary>Passes when the candidate can take the current version's place: the same inputs, at least the same outputs.</summary>
    public static IPromotionGate CompatibleSignature { get; } = new SignatureGate();

    private sealed class DelegateGate(string name, Func<PromotionContext, CancellationToken, ValueTask<GateResult>> evaluate) : IPromotionGate
    {
        public string Name { get; } = name;

        public ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken) => evaluate(context, cancellationToken);
    }
}
