using System.Globalization;

namespace Mlops.Registry;

/// <summary>Counts who approves of the candidate, apart from who registered it.</summary>
internal sealed class ApprovedGate(int by) : IPromotionGate
{
    public string Name => "approved";

    public async ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken = default)
    {
        ModelVersion candidate = context.Candidate;
        IReadOnlyList<Approval> entries =
            await context.Registry.ListApprovalsAsync(candidate.Model, candidate.Number, cancellationToken).ConfigureAwait(false);
        context.ApprovalSeen = entries.Count == 0 ? 0 : entries[^1].Id;
        List<Approval> standing = StandingApprovals.For(entries, context.Alias);
        standing.RemoveAll(entry => StandingApprovals.Actors.Equals(entry.Actor, candidate.Actor));
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"approved by {standing.Count} of {by} that must, besides '{candidate.Actor}' who registered it");
        (string, double)[] numbers = [("approvals", standing.Count), ("required", by)];
        GateResult result = standing.Count >= by ? GateResult.Pass(reason, numbers) : GateResult.Fail(reason, numbers);
        return result with
        {
            Facts = standing.ToDictionary(static entry => entry.Actor, static entry => entry.At.ToString("O", CultureInfo.InvariantCulture)),
        };
    }
}
