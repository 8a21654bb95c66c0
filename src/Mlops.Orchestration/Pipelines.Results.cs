using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private const int MaximumLogLines = 10_000;

    internal TParameters ReadParameters<TParameters>(RunRow row) =>
        _byName.TryGetValue(row.Pipeline, out PipelineGraph? graph) && graph.Parameters is JsonTypeInfo<TParameters> typeInfo
            ? StepJson.Deserialize(row.Parameters, typeInfo, "parameters")
            : throw new InvalidOperationException(
                $"The pipeline '{row.Pipeline}' is not known here or does not take {typeof(TParameters)} as parameters.");

    internal JsonTypeInfo<T> TypeOfStep<T>(string pipeline, string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        PipelineNode? node = _byName.GetValueOrDefault(pipeline)?.FindNodeOfStep(step);
        return node switch
        {
            { ResultType: JsonTypeInfo<T> typeInfo } => typeInfo,
            null => throw new ArgumentException($"The pipeline '{pipeline}', as this process knows it, has no step '{step}'.", nameof(step)),
            _ => throw new ArgumentException($"The result of '{step}' is no {typeof(T)}: the definition says {node.Signature}.", nameof(step)),
        };
    }

    /// <summary>A result that a check has turned down.</summary>
    internal async Task<T> ReadQuarantinedAsync<T>(long runId, string step, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        StepResultRow? row = await Store.FindResultAsync(runId, step, cancellationToken).ConfigureAwait(false);
        if (row is not { State: StepState.Failed, Payload: { Inline: not null } or { ContentHash: not null } })
        {
            throw new StepResultException(
                step, FormattableString.Invariant($"Run {runId} has no result of '{step}' that a check turned down: {(row is null ? "there is no such step" : $"the step is {row.State}")}."));
        }

        byte[] payload = await Payloads.LoadAsync(row.Payload, cancellationToken).ConfigureAwait(false);
        return StepJson.Deserialize(payload, typeInfo, row.Key);
    }

    /// <summary>The result of a step as this process's definition knows it; of a loop, that of its last round.</summary>
    internal Task<T> ReadResultAsync<T>(long runId, string pipeline, string step, CancellationToken cancellationToken)
    {
        JsonTypeInfo<T> typeInfo = TypeOfStep<T>(pipeline, step);
        return _byName[pipeline].FindNodeOfStep(step) is RepeatNode
            ? ReadLastResultAsync(runId, step, typeInfo, cancellationToken)
            : ReadResultAsync(runId, step, typeInfo, cancellationToken);
    }

    internal async Task<T> ReadLastResultAsync<T>(long runId, string loop, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        StepResultRow row = await Store.FindLastResultAsync(runId, loop, cancellationToken).ConfigureAwait(false)
            ?? throw new StepResultException(loop, FormattableString.Invariant($"Run {runId} has no round of '{loop}'."));
        return await ReadResultAsync(runId, row, typeInfo, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<T> ReadResultAsync<T>(long runId, string step, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        StepResultRow row = await Store.FindResultAsync(runId, step, cancellationToken).ConfigureAwait(false)
            ?? throw new StepResultException(step, FormattableString.Invariant($"Run {runId} has no step '{step}'."));
        return await ReadResultAsync(runId, row, typeInfo, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<IReadOnlyList<T>> ReadResultsAsync<T>(long runId, string group, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        List<StepResultRow> rows = await Store.ListResultsAsync(runId, group, cancellationToken).ConfigureAwait(false);
        var results = new T[rows.Count];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = await ReadResultAsync(runId, rows[i], typeInfo, cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    internal async Task<IReadOnlyList<StepLogLine>> ReadLogAsync(long runId, string step, CancellationToken cancellationToken)
    {
        List<(string Step, StepLogLine Line)> lines = await Store.ReadLogAsync(runId, step, MaximumLogLines, cancellationToken).ConfigureAwait(false);
        return lines.ConvertAll(static entry => entry.Line);
    }

    internal async Task<IReadOnlyList<StepStatus>> ListStepsAsync(long runId, CancellationToken cancellationToken) =>
        await Store.ListStepsAsync(runId, cancellationToken).ConfigureAwait(false);

    private async Task<T> ReadResultAsync<T>(long runId, StepResultRow row, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken)
    {
        if (row.State != StepState.Succeeded)
        {
            throw new StepResultException(
                row.Key,
                FormattableString.Invariant($"Run {runId} has no result of '{row.Key}': the step is {row.State}{(row.Error is null ? "" : $", {row.Error}")}."));
        }

        byte[] payload = await Payloads.LoadAsync(row.Payload, cancellationToken).ConfigureAwait(false);
        return StepJson.Deserialize(payload, typeInfo, row.Key);
    }
}
