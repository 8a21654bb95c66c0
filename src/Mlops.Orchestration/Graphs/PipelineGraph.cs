using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A pipeline as it is known before any run: validated, hashed, printable. Immutable.</summary>
public sealed partial class PipelineGraph
{
    private readonly List<PipelineNode> _nodes;
    private readonly Dictionary<string, PipelineNode> _byKey;

    internal PipelineGraph(
        string pipeline, GraphDraft draft, JsonTypeInfo parameters, List<PipelineNode> nodes, Dictionary<string, PipelineNode> byKey)
    {
        Pipeline = pipeline;
        Draft = draft;
        Parameters = parameters;
        _nodes = nodes;
        _byKey = byKey;
        Hash = ComputeHash();
    }

    /// <summary>The pipeline's name.</summary>
    public string Pipeline { get; }

    /// <summary>
    /// SHA-256 of steps, edges, branches and types. A run continues only in processes whose definition has the hash that it was started with.
    /// What happens inside a step is not part of it, and neither are retries, time limits, pools, caches and checks.
    /// </summary>
    public string Hash { get; }

    /// <summary>The names of all steps, groups and conditions in the order of their declaration, each after its inputs.</summary>
    public IEnumerable<string> StepNames => _nodes.Where(static node => node.IsStatic).Select(static node => node.Key);

    internal GraphDraft Draft { get; }

    internal JsonTypeInfo Parameters { get; }

    internal IReadOnlyList<PipelineNode> Nodes => _nodes;

    /// <summary>Builds and validates the graph of a definition.</summary>
    /// <exception cref="PipelineDefinitionException">The definition cannot be run.</exception>
    public static PipelineGraph Of(IPipelineDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Build();
    }

    /// <summary>The steps, groups and conditions that would run again if one were changed, itself included, in the order of their declaration.</summary>
    /// <param name="step">The name of a step, group or condition.</param>
    /// <exception cref="ArgumentException">The graph has no such step.</exception>
    public IReadOnlyList<string> FindAffected(string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        PipelineNode node = FindNode(step) is { IsStatic: true } known
            ? known
            : throw new ArgumentException($"The pipeline '{Pipeline}' has no step '{step}'.", nameof(step));
        return [.. BlockedBy(node).Append(node).Where(static affected => affected.IsStatic).OrderBy(static affected => affected.Ordinal).Select(static affected => affected.Key)];
    }

    internal PipelineNode? FindNode(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>The node whose rows a step key names: <c>fold[3]</c> is a row of <c>fold[]</c>.</summary>
    internal PipelineNode? FindNodeOfStep(string stepKey)
    {
        int bracket = stepKey.IndexOf('[', StringComparison.Ordinal);
        return FindNode(bracket < 0 ? stepKey : stepKey[..bracket] + "[]");
    }

    /// <summary>Everything that can never run once a node has failed.</summary>
    internal List<PipelineNode> BlockedBy(PipelineNode failed)
    {
        PipelineNode first = failed.Kind == NodeKind.Item ? ExpansionOf(failed) : failed;
        HashSet<PipelineNode> seen = [];
        Queue<PipelineNode> open = new(first.Blocks());
        while (open.TryDequeue(out PipelineNode? node))
        {
            if (seen.Add(node))
            {
                foreach (PipelineNode next in node.Blocks())
                {
                    open.Enqueue(next);
                }
            }
        }

        return [.. seen.OrderBy(static node => node.Ordinal)];
    }

    /// <summary>The nodes of these names, and all that they need.</summary>
    /// <exception cref="ArgumentException">The graph has no such step.</exception>
    internal HashSet<PipelineNode> NeededFor(IReadOnlyCollection<string> steps, string parameter)
    {
        HashSet<PipelineNode> needed = [];
        Stack<PipelineNode> open = [];
        foreach (string step in steps)
        {
            open.Push(step is not null && FindNode(step) is { IsStatic: true } node
                ? node
                : throw new ArgumentException($"The pipeline '{Pipeline}' has no step '{step}'; name steps, groups and conditions as StepNames has them.", parameter));
        }

        while (open.TryPop(out PipelineNode? node))
        {
            if (needed.Add(node))
            {
                foreach (PipelineNode source in node.Sources())
                {
                    open.Push(source);
                }
            }
        }

        return needed;
    }

    /// <summary>Every node inside a branch, nested branches included.</summary>
    internal static List<PipelineNode> Subtree(Branch? branch)
    {
        List<PipelineNode> nodes = [];
        foreach (PipelineNode node in branch?.Nodes ?? [])
        {
            nodes.Add(node);
            if (node is ConditionNode condition)
            {
                nodes.AddRange(Subtree(condition.Then));
                nodes.AddRange(Subtree(condition.Else));
            }
        }

        return nodes;
    }

    internal ExpandNode ExpansionOf(PipelineNode item) => (ExpandNode)_byKey[item.Key[..^2]];

    private string ComputeHash()
    {
        var text = new StringBuilder("graph 1\n");
        text.Append(Pipeline).Append('\n').Append(Parameters.Type.ToString()).Append('\n');
        foreach (PipelineNode node in _nodes)
        {
            text.Append(node.Kind.ToString()).Append('|').Append(node.Key).Append('|').Append(node.Signature);
            foreach (StepInput input in node.Inputs)
            {
                text.Append('|').Append(input.Name);
            }

            if (node.Branch is { } branch)
            {
                text.Append(branch.WhenTrue ? "|then " : "|else ").Append(branch.Condition.Key);
            }

            text.Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
