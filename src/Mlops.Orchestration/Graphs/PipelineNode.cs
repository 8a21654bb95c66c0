using System.Globalization;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>One node of the graph: what it waits for, what waits for it, and how one attempt runs.</summary>
internal abstract class PipelineNode(string key, NodeKind kind, Branch? branch, StepInput[] inputs, Type? serviceType)
{
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(49);

    /// <summary>The key of its row; of an item node, the group's name and <c>[]</c>.</summary>
    public string Key { get; } = key;

    public NodeKind Kind { get; } = kind;

    public Branch? Branch { get; } = branch;

    public StepInput[] Inputs { get; } = inputs;

    /// <summary>How many of the inputs, at the end, are there for the parameters of the step's scope.</summary>
    public int ParameterInputs { get; init; }

    public Type? ServiceType { get; } = serviceType;

    /// <summary>Where it was declared.</summary>
    public StepScope Scope { get; set; } = null!;

    public RetryPolicy Retry { get; private set; } = null!;

    public TimeSpan? Timeout { get; private set; }

    /// <summary>What its results depend on, if they may be taken over by later runs.</summary>
    public CachePolicy? Cache { get; private set; }

    /// <summary>The delegate that the user gave, whose code it is.</summary>
    public Delegate? Source { get; init; }

    /// <summary>Hash of the code that it may reach; only where the cache needs it.</summary>
    public string? Code { get; private set; }

    /// <summary>The pool whose slots its steps take, by its name; null for none.</summary>
    public string? Pool { get; private set; }

    /// <summary>How many steps of the group run at once in a run; null for any number.</summary>
    public int? MaximumParallel { get; private set; }

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

    /// <summary>Refuses what no timer waits for.</summary>
    public static void RequireTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, LongestTimeout);
    }

    public void SetTimeout(TimeSpan timeout)
    {
        RequireTimeout(timeout);
        Timeout = timeout;
    }

    public void SetCache(GraphDraft draft, CachePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy is { Version.Length: 0 } or { Lifetime: { Ticks: <= 0 } } or { Environment: null })
        {
            throw draft.Problem($"the cache of '{Key}' has an empty version, a lifetime that is not positive, or no environment.");
        }

        if (policy.Environment.Any(static pair => pair.Key.Length == 0 || pair.Value is null || pair.Key.Any(char.IsControl)))
        {
            throw draft.Problem($"the cache of '{Key}' has an environment with an empty name, a control character or a null; use plain names.");
        }

        Cache = policy;
    }

    public void SetPool(GraphDraft draft, string name)
    {
        draft.RequireName(name);
        RequireUnlimited(draft);
        Pool = name;
    }

    public void SetMaximumParallel(GraphDraft draft, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        RequireUnlimited(draft);
        MaximumParallel = steps;
    }

    /// <summary>Whether its steps wait for slots of a pool.</summary>
    public bool IsLimited => Pool is not null || MaximumParallel is not null;

    /// <summary>The pool of its steps in a run, as it is stored: a limit within a run is a pool of the run's own. Empty for none.</summary>
    public string PoolIn(long runId) => Pool
        ?? (MaximumParallel is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{RunTransaction.PoolsOf(runId)}{Key}"));

    /// <summary>Fixes defaults and edges once the definition is complete.</summary>
    public void Link(GraphDraft draft)
    {
        Retry ??= Scope.FindRetry();
        Timeout ??= Scope.FindTimeout();
        if (Cache is { Version: null })
        {
            Code = CodeVersion.Of(Source!)
                ?? throw draft.Problem($"the cache of '{Key}' needs a Version: an application compiled ahead of time has no module version ids.");
        }

        if (Cache is { UsesParameters: true } && Scope.Made?.Resolve(draft.Types) is { } unknown)
        {
            throw draft.Problem(
                $"the cache of '{Key}' needs to serialise its parameters, a {unknown}. Add [JsonSerializable(typeof(...))] for it to a JsonSerializerContext and name "
                + "it with p.Serialize(MyContext.Default), or set UsesParameters = false for a step that does not read them.");
        }

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

    /// <summary>What it waits for: its inputs, and the condition of its branch.</summary>
    public IEnumerable<PipelineNode> Sources()
    {
        IEnumerable<PipelineNode> taken = Inputs.Select(static input => input.Node);
        return (Branch is { } branch ? taken.Append(branch.Condition) : taken).Distinct();
    }

    private void RequireUnlimited(GraphDraft draft)
    {
        if (IsLimited)
        {
            throw draft.Problem($"'{Key}' has two limits; give it one pool or one largest number of parallel steps.");
        }
    }

    /// <summary>The types that it serialises, as the graph's hash names them.</summary>
    public abstract string Signature { get; }

    /// <summary>How its result is serialised, where it has one that can be asked for.</summary>
    public virtual JsonTypeInfo? ResultType => null;

    /// <summary>Looks up the serialisation of its types; names those that nobody can serialise.</summary>
    public abstract void ResolveTypes(TypeCatalog types, List<Type> missing);

    /// <summary>Runs one attempt on the caller's thread and serialises what came out.</summary>
    public abstract Task<StepOutput> RunAsync(StepAttempt attempt);

    /// <summary>Of a round of a loop: whether it is the last one, by its result as it is stored. Null for everything else.</summary>
    public virtual bool? Decide(ReadOnlySpan<byte> payload) => null;

    /// <summary>Whether the commit of a result needs a decision about it.</summary>
    public virtual bool Decides => false;

    /// <summary>The names of the checks that its results have to pass.</summary>
    public virtual IEnumerable<string> CheckNames => [];

    /// <summary>The nodes that can never run once this one has failed.</summary>
    public virtual IEnumerable<PipelineNode> Blocks() => Dependents;
}
