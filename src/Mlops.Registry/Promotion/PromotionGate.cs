using System.Globalization;

namespace Mlops.Registry;

/// <summary>Ready gates, and gates from delegates.</summary>
public static class PromotionGate
{
    /// <summary>A gate that asks the delegate.</summary>
    public static IPromotionGate Create(string name, Func<PromotionContext, CancellationToken, ValueTask<GateResult>> evaluate)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(evaluate);
        return new DelegateGate(name, evaluate);
    }

    /// <summary>A gate that asks the delegate.</summary>
    public static IPromotionGate Create(string name, Func<PromotionContext, GateResult> evaluate)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        return Create(name, (context, _) => ValueTask.FromResult(evaluate(context)));
    }

    /// <summary>
    /// Passes when the evidence of this name is at most <paramref name="atMost"/>. Evidence that is missing or NaN is undecided.
    /// </summary>
    public static IPromotionGate AtMost(string evidence, double atMost) => Threshold(evidence, atMost, static (value, limit) => value <= limit, "at most");

    /// <summary>
    /// Passes when the evidence of this name is at least <paramref name="atLeast"/>. Evidence that is missing or NaN is undecided.
    /// </summary>
    public static IPromotionGate AtLeast(string evidence, double atLeast) => Threshold(evidence, atLeast, static (value, limit) => value >= limit, "at least");

    /// <summary>
    /// Passes when the candidate can take the place of the current version without its callers noticing: inputs and outputs of the
    /// same names, types and shapes. Without a current version, or with one whose signature is unknown, it passes.
    /// </summary>
    public static IPromotionGate CompatibleSignature { get; } = Create("signature", JudgeSignature);

    /// <summary>
    /// Passes when the candidate is approved for the alias by at least so many people other than the one who registered it; see
    /// <see cref="ModelRegistry.ApproveAsync"/>. The decision keeps their names with the times. When an approval is given or withdrawn before
    /// the decision is stored, <see cref="ModelRegistry.PromoteAsync(string, int, IReadOnlyList{IPromotionGate}, PromotionOptions?, CancellationToken)"/>
    /// throws <see cref="ApprovalConflictException"/>.
    /// </summary>
    /// <param name="by">How many, 1 to 100; names that differ by case alone are one person.</param>
    public static IPromotionGate Approved(int by = 1)
    {
        if (by is < 1 or > 100)
        {
            throw new ArgumentOutOfRangeException(nameof(by), by, "An approval is asked of 1 to 100 people.");
        }

        return new ApprovedGate(by);
    }

    private static IPromotionGate Threshold(string evidence, double limit, Func<double, double, bool> holds, string words)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(evidence);
        if (double.IsNaN(limit))
        {
            throw new ArgumentException($"The limit of '{evidence}' is NaN, which nothing can be compared with.", nameof(limit));
        }

        return Create(evidence, context =>
        {
            if (!context.Evidence.TryGetValue(evidence, out double value))
            {
                return GateResult.Undecided($"no evidence is called '{evidence}'", ("limit", limit));
            }

            if (double.IsNaN(value))
            {
                return GateResult.Undecided($"'{evidence}' is NaN", ("value", value), ("limit", limit));
            }

            bool passes = holds(value, limit);
            string reason = string.Create(CultureInfo.InvariantCulture, $"{value} is {(passes ? "" : "not ")}{words} {limit}");
            return passes ? GateResult.Pass(reason, ("value", value), ("limit", limit)) : GateResult.Fail(reason, ("value", value), ("limit", limit));
        });
    }

    private static GateResult JudgeSignature(PromotionContext context)
    {
        if (context.Current is not { } current)
        {
            return GateResult.Pass("there is no current version");
        }

        if (current.Signature is not { } before)
        {
            return GateResult.Pass("the signature of the current version is unknown");
        }

        if (context.Candidate.Signature is not { } after)
        {
            return GateResult.Fail("the candidate is no ONNX model, the current version is");
        }

        return after.IsCompatibleWith(before, out IReadOnlyList<string> differences)
            ? GateResult.Pass("inputs and outputs are compatible")
            : GateResult.Fail(string.Join("; ", differences));
    }

    private sealed class DelegateGate(string name, Func<PromotionContext, CancellationToken, ValueTask<GateResult>> evaluate) : IPromotionGate
    {
        public string Name { get; } = name;

        public ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken = default) =>
            evaluate(context, cancellationToken);
    }
}
