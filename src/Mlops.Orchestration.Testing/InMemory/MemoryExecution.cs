using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Orchestration.Testing;

/// <summary>One run, node by node: all that a node waits for was declared before it.</summary>
internal sealed class MemoryExecution
{
    private const int MaximumPreemptions = 100;

    private readonly PipelineGraph _graph;
    private readonly InMemoryOptions _options;
    private readonly RunInfo _run;
    private readonly MemoryPayloads _payloads = new();
    private readonly MemoryMemos _memos;
    private readonly IServiceScopeFactory? _scopes;
    private readonly List<StepStatus> _steps = [];
    private readonly Dictionary<PipelineNode, StepState> _states = [];
    private readonly Dictionary<string, byte[]> _results = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<PipelineNode, bool> _decisions = [];
    private readonly List<(string Step, StepLogLine Line)> _lines = [];
    private long _epoch;

    public MemoryExecution(PipelineGraph graph, byte[] parameters, InMemoryOptions options)
    {
        _graph = graph;
        _options = options;
        _run = new RunInfo(1, 1, "memory", parameters, null, 0, null);
        _memos = new MemoryMemos(_payloads);
        _scopes = options.Services?.GetService<IServiceScopeFactory>();
    }

    public async Task<InMemoryRun> RunAsync(CancellationToken cancellationToken)
    {
        foreach (PipelineNode node in _graph.Nodes)
        {
            if (node.IsStatic)
            {
                _states[node] = await RunNodeAsync(node, cancellationToken).ConfigureAwait(false);
            }
        }

        return new InMemoryRun(_graph, _steps, _results, _groups, _lines.ToLookup(static entry => entry.Step, static entry => entry.Line, StringComparer.Ordinal));
    }

    private async Task<StepState> RunNodeAsync(PipelineNode node, CancellationToken cancellationToken)
    {
        if (FindObstacle(node) is { } obstacle)
        {
            _steps.Add(new StepStatus(node.Key, obstacle));
            return obstacle;
        }

        StepOutput? output = await RunStepAsync(node, node.Key, item: null, cancellationToken).ConfigureAwait(false);
        if (output is null)
        {
            return StepState.Failed;
        }

        if (node is ConditionNode)
        {
            _decisions[node] = output.Decision == true;
        }

        return node is ExpandNode group ? await RunItemsAsync(group, output.Items!, cancellationToken).ConfigureAwait(false) : StepState.Succeeded;
    }

    /// <summary>Why a node never runs; null when it does.</summary>
    private StepState? FindObstacle(PipelineNode node)
    {
        if (node.Branch is { } branch)
        {
            StepState condition = _states[branch.Condition];
            if (condition != StepState.Succeeded || _decisions[branch.Condition] != branch.WhenTrue)
            {
                return condition is StepState.Succeeded or StepState.Skipped ? StepState.Skipped : StepState.Blocked;
            }
        }

        return node.Sources().All(source => _states[source] == StepState.Succeeded) ? null : StepState.Blocked;
    }

    private async Task<StepState> RunItemsAsync(ExpandNode group, IReadOnlyList<ExpandedItem> items, CancellationToken cancellationToken)
    {
        List<string> keys = _groups[group.Key] = [];
        var open = new Queue<ExpandedItem>(items);
        StepState state = StepState.Succeeded;
        while (open.TryDequeue(out ExpandedItem item))
        {
            string key = ExpandNode.ItemKey(group.Key, item.Key);
            keys.Add(key);
            StepOutput? output = await RunStepAsync(group.Template, key, item.Payload, cancellationToken).ConfigureAwait(false);
            if (output is null)
            {
                state = StepState.Failed;
            }
            else if (output.Decision == false && ((RepeatNode)group).After(item.Payload) is { } round)
            {
                open.Enqueue(RepeatNode.Item(round));
            }
        }

        return state;
    }

    private async Task<StepOutput?> RunStepAsync(PipelineNode node, string key, byte[]? item, CancellationToken cancellationToken)
    {
        int failures = 0;
        int lost = 0;
        for (int number = 1; ; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var step = new ClaimedStep(_run, key, node.Key, number, ++_epoch, failures, lost, item);
            StepOutcome outcome;
            var attempt = new StepAttempt(step, _graph, node, _payloads, _memos, NullLogger.Instance, secrets: _options.Secrets);
            await using (attempt.ConfigureAwait(false))
            {
                CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                    static running => ((StepAttempt)running!).Abort(AbortReason.RunCancelled), attempt);
                await using (registration.ConfigureAwait(false))
                {
                    outcome = await RunAttemptAsync(attempt).ConfigureAwait(false);
                    _lines.AddRange(attempt.Logger.Read().Lines.Select(line => (key, line)));
                }
            }

            switch (outcome)
            {
                case StepOutcome.Succeeded succeeded:
                    _results[key] = succeeded.Output.Payload;
                    _steps.Add(new StepStatus(key, StepState.Succeeded) { Attempts = number, Failures = failures, LostAttempts = lost });
                    return succeeded.Output;

                case StepOutcome.Failed failed when failed.IsPermanent || ++failures >= node.Retry.Attempts:
                    _steps.Add(new StepStatus(key, StepState.Failed) { Attempts = number, Failures = failures, LostAttempts = lost, Error = failed.Error });
                    return null;

                case StepOutcome.Preempted preempted when ++lost >= MaximumPreemptions:
                    _steps.Add(new StepStatus(key, StepState.Failed) { Attempts = number, Failures = failures, LostAttempts = lost, Error = preempted.Reason });
                    return null;
            }
        }
    }

    private async Task<StepOutcome> RunAttemptAsync(StepAttempt attempt)
    {
        try
        {
            if (FindReplacement(attempt) is { } replaced)
            {
                return new StepOutcome.Succeeded(new StepOutput(replaced) { Decision = attempt.Node.Decide(replaced) }, default);
            }

            Provide(attempt);
            StepOutput output = await attempt.RunAsync(_scopes).ConfigureAwait(false);
            if (output.Question is { } question)
            {
                attempt.Gate = new ApprovalGate(question, new StoredDecision(_options.Decide(attempt.Step.Key, question), "test", null, DateTimeOffset.UnixEpoch));
                output = await attempt.Node.RunAsync(attempt).ConfigureAwait(false);
            }

            attempt.Secrets.RequireNone(output.Payload, $"The result of '{attempt.Step.Key}'");
            return StepExecutor.Examine(attempt, output, default);
        }
        catch (ArgumentException exception) when (exception.ParamName == "result" && _options.Replaced.Count > 0)
        {
            // A replacement of another type is a mistake of the test, not of the step.
            throw;
        }
        catch (Exception exception)
        {
            return StepExecutor.Judge(attempt, exception);
        }
    }

    private byte[]? FindReplacement(StepAttempt attempt)
    {
        string key = attempt.Step.Key;
        Func<JsonTypeInfo?, byte[]>? make = _options.Replaced.GetValueOrDefault(key);
        if (make is null && attempt.Node.Kind == NodeKind.Item)
        {
            make = _options.Replaced.GetValueOrDefault(attempt.Node.Key[..^2]);
        }

        return attempt.Node is ExpandNode ? null : make?.Invoke(attempt.Node.ResultType);
    }

    private void Provide(StepAttempt attempt)
    {
        foreach (PipelineNode node in attempt.Node.Inputs.Select(static input => input.Node))
        {
            if (node.Kind == NodeKind.Expand)
            {
                attempt.ProvideGroup(node.Key, _groups[node.Key].ConvertAll(key => (key, _results[key])));
            }
            else
            {
                string key = node is not RepeatNode repeat ? node.Key : repeat.Template == attempt.Node ? repeat.SourceOf(attempt.Item) : _groups[node.Key][^1];
                attempt.Provide(node.Key, _results[key]);
            }
        }
    }
}
