using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>The intermediate results of steps.</summary>
/// <param name="store">Where they are committed.</param>
/// <param name="payloads">Where large ones go.</param>
/// <param name="reach">Told what is about to happen.</param>
internal class StepMemory(PipelineStore store, PayloadStore payloads, Action<ExecutionPoint> reach)
{
    public const int MaximumNameLength = 200;

    public async Task<T> GetOrAddAsync<T>(StepAttempt attempt, string name, Func<CancellationToken, Task<T>> work)
    {
        JsonTypeInfo<T> typeInfo = attempt.Graph.Draft.Types.Find<T>() ?? throw new PermanentStepException(
            $"Keeping '{name}' of step '{attempt.Step.Key}': no context of the pipeline serialises {typeof(T)}. "
            + "Add [JsonSerializable(typeof(...))] for it to a JsonSerializerContext and name it with p.Serialize(MyContext.Default).");
        string what = $"What step '{attempt.Step.Key}' keeps as '{name}'";
        attempt.Secrets.RequireNone(name, what);
        CancellationToken cancellationToken = attempt.CancellationToken;
        if (await attempt.UseStorageAsync(FindAsync(attempt, name, cancellationToken)).ConfigureAwait(false) is { } kept)
        {
            return await ReadAsync(attempt, name, kept, typeInfo).ConfigureAwait(false);
        }

        T value = await work(cancellationToken).ConfigureAwait(false);
        byte[] bytes = StepJson.Serialize(value, typeInfo, Describe(attempt, name));

        // The name once more: the work may have been the first to read the secret.
        attempt.Secrets.RequireNone(name, what);
        attempt.Secrets.RequireNone(bytes, what);
        StoredPayload payload = await payloads.StoreAsync(attempt, bytes).ConfigureAwait(false);
        reach(ExecutionPoint.BeforeMemo);
        var memo = new StepMemo(attempt.Step, name, payload, attempt.Artifacts) { Durability = attempt.Durability, Data = attempt.Data };
        MemoResult result = await attempt.UseStorageAsync(new ValueTask<MemoResult>(RememberAsync(memo, attempt.StoreToken))).ConfigureAwait(false);
        reach(ExecutionPoint.AfterMemo);
        switch (result.Status)
        {
            case CommitStatus.Committed:
                return value;

            case CommitStatus.AlreadyCommitted:
                return await ReadAsync(attempt, name, result.Known, typeInfo).ConfigureAwait(false);

            default:
                attempt.Abort(result.RunIsOver ? AbortReason.RunCancelled : AbortReason.LeaseLost);
                throw new OperationCanceledException(
                    $"'{name}' of step '{attempt.Step.Key}' is not kept: {(result.RunIsOver ? "the run is over" : "another attempt owns the step by now")}.",
                    cancellationToken);
        }
    }

    protected virtual ValueTask<StoredPayload?> FindAsync(StepAttempt attempt, string name, CancellationToken cancellationToken) =>
        store.FindMemoAsync(attempt.Step.Run.Id, attempt.Step.Key, name, cancellationToken);

    protected virtual Task<MemoResult> RememberAsync(StepMemo memo, CancellationToken cancellationToken) => store.RememberAsync(memo, cancellationToken);

    private async Task<T> ReadAsync<T>(StepAttempt attempt, string name, StoredPayload payload, JsonTypeInfo<T> typeInfo)
    {
        byte[] bytes = await attempt.UseStorageAsync(payloads.LoadAsync(payload, attempt.CancellationToken)).ConfigureAwait(false);
        return StepJson.Deserialize(bytes, typeInfo, Describe(attempt, name));
    }

    private static string Describe(StepAttempt attempt, string name) => $"{attempt.Step.Key}: {name}";
}
