using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration.Testing;

/// <summary>A run that is over, in memory. Immutable.</summary>
public sealed class InMemoryRun
{
    private readonly PipelineGraph _graph;
    private readonly Dictionary<string, byte[]> _results;
    private readonly Dictionary<string, List<string>> _groups;
    private readonly ILookup<string, StepLogLine> _lines;

    internal InMemoryRun(
        PipelineGraph graph,
        IReadOnlyList<StepStatus> steps,
        Dictionary<string, byte[]> results,
        Dictionary<string, List<string>> groups,
        ILookup<string, StepLogLine> lines)
    {
        _graph = graph;
        Steps = steps;
        _results = results;
        _groups = groups;
        _lines = lines;
    }

    /// <summary>Every step, in the order in which they ran.</summary>
    public IReadOnlyList<StepStatus> Steps { get; }

    /// <summary>Whether every step succeeded or was skipped.</summary>
    public bool Succeeded => FailedStep is null;

    /// <summary>The first step that failed for good; null when none did.</summary>
    public StepStatus? FailedStep => Steps.FirstOrDefault(static step => step.State == StepState.Failed);

    /// <summary>This run, if it has succeeded.</summary>
    /// <exception cref="PipelineException">It has not.</exception>
    public InMemoryRun EnsureSucceeded() => FailedStep is { } failed
        ? throw new PipelineException($"The run of '{_graph.Pipeline}' failed at step '{failed.Key}': {failed.Error}")
        : this;

    /// <summary>Where a step stands; null when the run has no such step.</summary>
    public StepState? FindState(string step) => Steps.FirstOrDefault(status => status.Key == step)?.State;

    /// <summary>The result of a step that has succeeded, by its key, for example <c>train</c> or <c>fold[2012]</c>; of a repeated step, that of its last round.</summary>
    /// <exception cref="ArgumentException">The pipeline has no such step, or another type for it.</exception>
    /// <exception cref="StepResultException">The step has no result.</exception>
    public T GetResult<T>(string step)
    {
        JsonTypeInfo<T> typeInfo = TypeOf<T>(step);
        string key = _graph.FindNode(step) is RepeatNode && _groups.GetValueOrDefault(step) is { Count: > 0 } rounds ? rounds[^1] : step;
        return _results.TryGetValue(key, out byte[]? payload)
            ? StepJson.Deserialize(payload, typeInfo, key)
            : throw new StepResultException(step, $"'{step}' has no result: it is {FindState(key)?.ToString() ?? "not in the run"}.");
    }

    /// <summary>The results of a group's steps in the order of its items.</summary>
    /// <exception cref="ArgumentException">The pipeline has no such group, or another type for it.</exception>
    /// <exception cref="StepResultException">A step of the group has no result.</exception>
    public IReadOnlyList<T> GetResults<T>(string group)
    {
        TypeOf<T>(group + "[]");
        return [.. _groups.GetValueOrDefault(group, []).Select(GetResult<T>)];
    }

    /// <summary>What a step logged, by attempt.</summary>
    public IReadOnlyList<StepLogLine> GetLog(string step) => [.. _lines[step]];

    private JsonTypeInfo<T> TypeOf<T>(string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        PipelineNode node = _graph.FindNodeOfStep(step) ?? throw new ArgumentException($"The pipeline '{_graph.Pipeline}' has no step '{step}'.", nameof(step));
        return node.ResultType as JsonTypeInfo<T>
            ?? throw new ArgumentException($"The result of '{step}' is no {typeof(T)}: the definition says {node.Signature}.", nameof(step));
    }
}
