namespace Mlops.Orchestration;

/// <summary>Which nodes of a graph stand behind which, read from <see cref="PipelineGraph.ToEdges"/>.</summary>
internal sealed class LineageGraph
{
    private readonly Dictionary<string, List<string>> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _dependents = new(StringComparer.Ordinal);

    public LineageGraph(string edges)
    {
        foreach (string line in edges.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] keys = line.Split('\t');
            foreach (string source in keys.Skip(1))
            {
                Add(_sources, keys[0], source);
                Add(_dependents, source, keys[0]);
            }
        }
    }

    /// <summary>The nodes without which this one would not have run.</summary>
    public HashSet<string> Before(string node) => Closure(_sources, node);

    /// <summary>The nodes that need it.</summary>
    public HashSet<string> After(string node) => Closure(_dependents, node);

    private static void Add(Dictionary<string, List<string>> edges, string from, string to)
    {
        if (!edges.TryGetValue(from, out List<string>? ends))
        {
            edges.Add(from, ends = []);
        }

        ends.Add(to);
    }

    private static HashSet<string> Closure(Dictionary<string, List<string>> edges, string node)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Queue<string> open = new(edges.GetValueOrDefault(node) ?? []);
        while (open.TryDequeue(out string? next))
        {
            if (seen.Add(next))
            {
                foreach (string further in edges.GetValueOrDefault(next) ?? [])
                {
                    open.Enqueue(further);
                }
            }
        }

        return seen;
    }
}
