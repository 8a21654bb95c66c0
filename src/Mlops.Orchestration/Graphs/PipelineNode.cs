namespace Mlops.Orchestration;

/// <summary>One node of the graph: what it waits for, what waits for it, and how one attempt runs.</summary>
internal abstract class PipelineNode(string key, NodeKind kind, Branch? branch, StepInput[] inputs, Type? serviceType)
{
    /// <summary>The key of its row; of an item node, the group's name and <c>[]</c>.</summary>
    public string Key { get; } = key;

    public NodeKind Kind { get; } = kind;

    public Branch? Branch { get; } = branch;

    public StepInput[] Inputs { get; } = inputs;

    public Type? ServiceType { get; } = serviceType;

    public RetryPolicy Retry { get; private set; } = null!;

    public TimeSpan? Timeout { get; private set; }

    /// <summary>The nodes that take its result; of a group, those that take the list of its steps' results.</summary>
    public List<PipelineNode> Dependents { get; } = [];

    /// <summary>How many nodes must complete before it is ready.</summary>
    public int Pending { get; private set; }

    /// <summary>Position in the declaration, which is also an order in which all inputs come first.</summary>
    public int Ordinal { get; set; }

    /// <summary>The same for rows, with room for the steps of a group in the order of their items.</summary>
    public long RowOrdinal(int item = 0) => ((long)Ordinal << 32) + item;

    /// <summary>Whether a row exists from the start of a run.</summary>
    public bool IsStatic => Kind != NodeKind.Item;

    public void SetRetry(RetryPolicy retry)
    {
        ArgumentNullException.ThrowIfNull(retry);
        Retry = retry;
    }

    public void SetTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        Timeout = timeout;
    }

    /// <summary>Fixes defaults and edges once the definition is complete.</summary>
    public void Link(GraphDraft draft)
    {
        Retry ??= draft.Retry;
        Timeout ??= draft.Timeout;
        if (!IsStatic)
        {
            return;
        }

        PipelineNode[] sources = [.. Inputs.Select(static input => input.Node).Distinct()];
        Pending = sources.Length + (Branch is null ? 0 : 1);
        Branch?.Nodes.Add(this);
        foreach (PipelineNode source in sources)
        {
            source.Dependents.Add(this);
        }
    }

    /// <summary>The types that it serialises, as the graph's hash names them.</summary>
    public abstract string Signature { get; }

    /// <summary>Looks up the serialisation of its types; names those that nobody can serialise.</summary>
    public abstract void ResolveTypes(TypeCatalog types, List<Type> missing);

    /// <summary>Runs one attempt on the caller's thread and serialises what came out.</summary>
    public abstract Task<StepOutput> RunAsync(StepAttempt attempt);

    /// <summary>The nodes that can never run once this one has failed.</summary>
    public virtual IEnumerable<PipelineNode> Blocks() => Dependents;
}
