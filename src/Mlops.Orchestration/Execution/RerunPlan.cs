namespace Mlops.Orchestration;

/// <summary>Which steps of a run that is over a new run takes over, and what the others wait for.</summary>
internal sealed class RerunPlan
{
    private readonly PipelineGraph _graph;
    private readonly Dictionary<string, StepRow> _static = new(StringComparer.Ordinal);
    private readonly ILookup<string, StepRow> _items;
    private readonly HashSet<string> _keptItems;
    private readonly HashSet<PipelineNode>? _wanted;
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    private RerunPlan(
        PipelineGraph graph, RunRow source, List<StepRow> steps, HashSet<PipelineNode> again, HashSet<string> itemsAgain)
    {
        _graph = graph;
        Source = source;
        _items = steps.Where(step => graph.FindNode(step.Node)?.Kind == NodeKind.Item).ToLookup(static step => step.Node, StringComparer.Ordinal);
        foreach (StepRow step in steps.Where(static step => step.Key == step.Node))
        {
            _static.Add(step.Key, step);
        }

        _keptItems = [.. _items.SelectMany(static items => items)
            .Where(step => step.State == StepState.Succeeded && !itemsAgain.Contains(step.Key)).Select(static step => step.Key)];
        _wanted = source.OnlySteps is null ? null : graph.NeededFor(source.OnlySteps.Split('\n'), nameof(source));

        // In the order of declaration a condition comes before its branches.
        foreach (PipelineNode node in graph.Nodes.Where(static node => node.IsStatic))
        {
            bool kept = _static[node.Key].State switch
            {
                StepState.Succeeded => !again.Contains(node),
                StepState.Skipped => _wanted?.Contains(node) == false || (node.Branch is { } branch && _kept.Contains(branch.Condition.Key)),
                _ => false,
            };
            if (kept)
            {
                _kept.Add(node.Key);
            }
        }
    }

    /// <summary>The run that is over.</summary>
    public RunRow Source { get; }

    /// <param name="graph">The graph of both runs.</param>
    /// <param name="source">The run that is over.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="from">What runs again although it succeeded.</param>
    public static RerunPlan Of(PipelineGraph graph, RunRow source, List<StepRow> steps, IReadOnlyCollection<string> from)
    {
        HashSet<PipelineNode> again = [];
        HashSet<string> itemsAgain = new(StringComparer.Ordinal);
        HashSet<string> keys = [.. steps.Select(static step => step.Key)];
        foreach (string key in from)
        {
            if (key is null || !keys.Contains(key))
            {
                throw new ArgumentException(FormattableString.Invariant($"Rerunning run {source.Id} from '{key}': it has no such step."), nameof(from));
            }

            PipelineNode node = graph.FindNodeOfStep(key)!;
            again.UnionWith(graph.BlockedBy(node));
            if (node.IsStatic)
            {
                again.Add(node);
            }
            else
            {
                itemsAgain.Add(key);
            }
        }

        var plan = new RerunPlan(graph, source, steps, again, itemsAgain);
        if (plan.IsEmpty)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Rerunning run {source.Id}: all its steps succeeded or were skipped. Name those that are to run again."), nameof(from));
        }

        return plan;
    }

    private bool IsEmpty => _graph.Nodes.Where(static node => node.IsStatic)
        .All(node => _kept.Contains(node.Key) && (node is not ExpandNode expand || OpenItems(expand) == 0));

    /// <summary>Writes the steps of the new run.</summary>
    public void Insert(RunTransaction run)
    {
        foreach (PipelineNode node in _graph.Nodes.Where(static node => node.IsStatic))
        {
            if (!_kept.Contains(node.Key))
            {
                run.Insert(node.Key, node, node.RowOrdinal(), Pending(node), item: null);
                continue;
            }

            run.InsertSettled(_static[node.Key], Source.Id);
            if (node is ExpandNode expand)
            {
                InsertItems(run, expand);
            }
        }
    }

    private void InsertItems(RunTransaction run, ExpandNode expand)
    {
        foreach (StepRow item in Items(expand))
        {
            if (_keptItems.Contains(item.Key))
            {
                run.InsertSettled(item, Source.Id);
            }
            else
            {
                run.Insert(item.Key, expand.Template, item.Ordinal, pending: 0, item.Item);
            }
        }
    }

    private long Pending(PipelineNode node)
    {
        long pending = node.Branch is { } branch && !_kept.Contains(branch.Condition.Key) ? 1 : 0;
        foreach (PipelineNode source in node.Inputs.Select(static input => input.Node).Distinct())
        {
            pending += !_kept.Contains(source.Key) ? 1 : source is ExpandNode expand ? OpenItems(expand) : 0;
        }

        return pending;
    }

    private int OpenItems(ExpandNode expand) => Items(expand).Count(item => !_keptItems.Contains(item.Key));

    /// <summary>The items of a group. Of a loop, only up to the first round that runs again: it decides whether others follow.</summary>
    private IEnumerable<StepRow> Items(ExpandNode expand)
    {
        foreach (StepRow item in _items[expand.Template.Key])
        {
            yield return item;
            if (expand is RepeatNode && !_keptItems.Contains(item.Key))
            {
                yield break;
            }
        }
    }
}
