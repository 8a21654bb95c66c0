namespace Mlops.Orchestration;

/// <summary>
/// A step that waits for <see cref="Pipelines.ApproveAsync"/> or <see cref="Pipelines.RejectAsync"/>, without a worker's slot, for as long as
/// it takes. Approved, its result is the <see cref="StepApproval"/>; rejected, it fails for good and what needs it is blocked.
/// </summary>
public sealed class ApprovalStep : StepInput<StepApproval>
{
    private readonly ApprovalNode _node;

    internal ApprovalStep(GraphDraft draft, ApprovalNode node)
        : base(draft, node) => _node = node;

    /// <summary>Counts as rejected when nobody has decided for so long after the question was asked. Unlimited unless set.</summary>
    /// <param name="limit">Positive, at most 10 years.</param>
    public ApprovalStep ExpiresAfter(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, ApprovalNode.LongestExpiry);
        _node.Expiry = limit;
        return this;
    }

    internal override StepApproval Read(StepAttempt attempt) => attempt.Read(Node.Key, ApprovalNode.TypeInfo);
}
