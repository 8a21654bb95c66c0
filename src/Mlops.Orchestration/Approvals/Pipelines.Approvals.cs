namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private const int MaximumActorLength = 200;
    private const int MaximumCommentLength = 2_000;

    /// <summary>
    /// What waits for a decision, over all pipelines of the database, oldest run first.
    /// </summary>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<PendingApproval>> ListApprovalsAsync(int take = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1_000);
        return await Store.ListApprovalsAsync(take, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets the run go on. The decision survives loss of power when this returns; the first decision stands.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="step">The key of the approval step.</param>
    /// <param name="actor">Who decides: 1 to 200 characters, kept in the log.</param>
    /// <param name="comment">At most 2 000 characters.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The decision that stands: true when it is approved, whoever did it first.</returns>
    /// <exception cref="PipelineRunNotFoundException">There is no run of this id.</exception>
    /// <exception cref="ApprovalNotPendingException">The step waits for nobody and nobody has decided it.</exception>
    public Task<bool> ApproveAsync(long runId, string step, string actor, string? comment = null, CancellationToken cancellationToken = default) =>
        DecideAsync(runId, step, isApproved: true, actor, comment, cancellationToken);

    /// <summary>Fails the approval step. The decision survives loss of power when this returns; the first decision stands.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    public Task<bool> RejectAsync(long runId, string step, string actor, string? comment = null, CancellationToken cancellationToken = default) =>
        DecideAsync(runId, step, isApproved: false, actor, comment, cancellationToken);

    private async Task<bool> DecideAsync(
        long runId, string step, bool isApproved, string actor, string? comment, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        ArgumentException.ThrowIfNullOrWhiteSpace(actor);
        RequireText(actor, MaximumActorLength, nameof(actor));
        RequireText(comment ?? "", MaximumCommentLength, nameof(comment));
        var decision = new NewDecision(runId, step, isApproved, actor, comment);
        Reach(ExecutionPoint.BeforeDecision);
        (StepState? state, bool? stands) = await Store.DecideAsync(decision, cancellationToken).ConfigureAwait(false);
        Reach(ExecutionPoint.AfterDecision);
        if (stands is { } approved)
        {
            Changes.Pulse();
            SignalWork();
            return approved;
        }

        await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        throw new ApprovalNotPendingException(runId, step, state);
    }

    private static void RequireText(string text, int maximum, string parameter)
    {
        if (text.Length > maximum || !StoredText.IsStorable(text))
        {
            throw new ArgumentException($"Allowed are up to {maximum} characters without U+0000 and lone surrogates, got {text.Length}.", parameter);
        }
    }
}
