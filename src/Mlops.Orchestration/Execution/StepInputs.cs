namespace Mlops.Orchestration;

/// <summary>Loads what an attempt takes as inputs.</summary>
internal sealed class StepInputs(Pipelines pipelines)
{
    /// <param name="attempt">The attempt.</param>
    /// <param name="carried">The result that the same slot has just committed: the next step mostly wants it.</param>
    public async Task LoadAsync(StepAttempt attempt, (string Key, byte[] Payload)? carried)
    {
        if (attempt.Node.Kind == NodeKind.Approval)
        {
            attempt.Gate = await pipelines.Store.FindGateAsync(attempt.Step.Run.Id, attempt.Step.Key, attempt.CancellationToken).ConfigureAwait(false);
        }

        foreach (PipelineNode node in attempt.Node.Inputs.Select(static input => input.Node).Distinct())
        {
            if (node.Kind == NodeKind.Expand)
            {
                attempt.ProvideGroup(node.Key, await LoadGroupAsync(attempt, node.Key).ConfigureAwait(false));
            }
            else if (node is RepeatNode repeat && repeat.Template != attempt.Node)
            {
                StepResultRow? last = await pipelines.Store.FindLastResultAsync(attempt.Step.Run.Id, node.Key, attempt.CancellationToken).ConfigureAwait(false);
                attempt.Provide(node.Key, await LoadAsync(attempt, node.Key, last).ConfigureAwait(false));
            }
            else
            {
                string key = node is RepeatNode round ? round.SourceOf(attempt.Item) : node.Key;
                attempt.Provide(node.Key, carried is { } committed && committed.Key == key
                    ? committed.Payload
                    : await LoadAsync(attempt, key).ConfigureAwait(false));
            }
        }
    }

    private async Task<List<(string, byte[])>> LoadGroupAsync(StepAttempt attempt, string group)
    {
        List<StepResultRow> rows = await pipelines.Store.ListResultsAsync(attempt.Step.Run.Id, group, attempt.CancellationToken).ConfigureAwait(false);
        var payloads = new List<(string, byte[])>(rows.Count);
        foreach (StepResultRow row in rows)
        {
            payloads.Add((row.Key, await pipelines.Payloads.LoadAsync(row.Payload, attempt.CancellationToken).ConfigureAwait(false)));
        }

        return payloads;
    }

    private async Task<byte[]> LoadAsync(StepAttempt attempt, string key) =>
        await LoadAsync(attempt, key, await pipelines.Store.FindResultAsync(attempt.Step.Run.Id, key, attempt.CancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    private async ValueTask<byte[]> LoadAsync(StepAttempt attempt, string key, StepResultRow? row)
    {
        if (row is not { State: StepState.Succeeded })
        {
            throw new StepResultException(key, $"The result of '{key}' is not in the database, although '{attempt.Step.Key}' was ready.");
        }

        return await pipelines.Payloads.LoadAsync(row.Payload, attempt.CancellationToken).ConfigureAwait(false);
    }
}
