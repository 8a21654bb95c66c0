using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A step that asks on its first attempt and reads the decision on a later one.</summary>
internal abstract class ApprovalNode(string key, Branch? branch, StepInput[] inputs)
    : PipelineNode(key, NodeKind.Approval, branch, inputs, serviceType: null)
{
    public static readonly TimeSpan LongestExpiry = TimeSpan.FromDays(3_660);

    /// <summary>How long the question stands; null for ever.</summary>
    public TimeSpan? Expiry { get; set; }

    public static JsonTypeInfo<StepApproval> TypeInfo => CommonTypesContext.Default.StepApproval;

    public override JsonTypeInfo ResultType => TypeInfo;

    public override void ResolveTypes(TypeCatalog types, List<Type> missing)
    {
    }

    public override Task<StepOutput> RunAsync(StepAttempt attempt)
    {
        if (attempt.Gate is { Decision: { } decision })
        {
            return decision.IsApproved
                ? Task.FromResult(new StepOutput(StepJson.Serialize(decision.ToApproval(), TypeInfo, Key)))
                : throw new StepRejectedException($"Rejected by {decision.Actor}{(decision.Comment is null ? "" : $": {decision.Comment}")}");
        }

        // A step that has asked is claimed again only once its question has expired.
        return attempt.Gate is { Question: not null }
            ? throw new StepRejectedException(FormattableString.Invariant($"Nobody decided within {Expiry}."))
            : Task.FromResult(new StepOutput([]) { Question = StoredText.Clean(Ask(attempt)) });
    }

    protected abstract string Ask(StepAttempt attempt);
}

internal sealed class ApprovalNode<T>(string key, Branch? branch, StepInput<T> input, Func<T, string> question) : ApprovalNode(key, branch, [input])
{
    public override string Signature => typeof(T).ToString();

    protected override string Ask(StepAttempt attempt) => question(input.Read(attempt));
}
