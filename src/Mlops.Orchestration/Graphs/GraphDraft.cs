using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A graph while its definition runs.</summary>
internal sealed class GraphDraft(string pipeline)
{
    private const int MaximumNameLength = 128;

    private readonly List<PipelineNode> _nodes = [];
    private readonly Dictionary<string, PipelineNode> _byKey = new(StringComparer.Ordinal);
    private readonly List<Branch> _branches = [];
    private readonly HashSet<string> _scopes = new(StringComparer.Ordinal);
    private bool _complete;

    /// <summary>The pipeline's name.</summary>
    public string Pipeline => pipeline;

    public TypeCatalog Types { get; } = new();

    public void Add(PipelineNode node, StepScope scope)
    {
        if (_complete)
        {
            throw Problem($"'{node.Key}' is declared after Define has returned; declare all steps inside it.");
        }

        if (_scopes.Contains(node.Key) || !_byKey.TryAdd(node.Key, node))
        {
            throw Problem($"two steps are named '{node.Key}'; names are unique in a pipeline, branches included.");
        }

        node.Scope = scope;
        node.Ordinal = _nodes.Count;
        _nodes.Add(node);
    }

    /// <summary>Enters a pipeline that another takes in.</summary>
    public void Open(string key, StepScope scope)
    {
        if (scope.Depth > StepScope.MaximumDepth)
        {
            throw Problem($"'{key}' is {scope.Depth} pipelines deep; {StepScope.MaximumDepth} are allowed. Does a definition take in itself?");
        }

        if (_byKey.ContainsKey(key) || !_scopes.Add(key))
        {
            throw Problem($"two steps are named '{key}'; names are unique in a pipeline, branches included.");
        }
    }

    public void RequireName(string name)
    {
        if (!IsName(name))
        {
            throw Problem($"'{name}' is no step name: use 1 to {MaximumNameLength} of letters, digits, '.', '_' and '-'.");
        }
    }

    public void RequireInputs(string name, ReadOnlySpan<StepInput> inputs, Branch? scope)
    {
        foreach (StepInput input in inputs)
        {
            if (input is null)
            {
                throw Problem($"'{name}' takes an input that is null.");
            }

            if (!ReferenceEquals(input.Draft, this))
            {
                throw Problem($"'{name}' takes '{input.Name}', which belongs to another definition; a step takes the results of its own pipeline.");
            }

            if (!Branch.Sees(scope, input.Node.Branch))
            {
                throw Problem($"'{name}' takes '{input.Name}' from inside a branch that may be skipped; declare both in the same branch.");
            }
        }
    }

    /// <summary>'?' is no letter of a step name, so that a condition's key never meets one.</summary>
    public string NameCondition(string input)
    {
        string name = input + "?";
        for (int n = 2; _byKey.ContainsKey(name); n++)
        {
            name = FormattableString.Invariant($"{input}?{n}");
        }

        return name;
    }

    public Branch OpenBranch(ConditionNode condition, bool whenTrue, Branch? parent)
    {
        if ((whenTrue ? condition.Then : condition.Else) is not null)
        {
            throw Problem($"the {(whenTrue ? "Then" : "Else")} branch of '{condition.Key}' is declared twice.");
        }

        var branch = new Branch(condition, whenTrue, parent);
        if (whenTrue)
        {
            condition.Then = branch;
        }
        else
        {
            condition.Else = branch;
        }

        _branches.Add(branch);
        return branch;
    }

    public PipelineGraph Complete<TParameters>()
    {
        if (!IsName(pipeline))
        {
            throw Problem($"'{pipeline}' is no pipeline name: use 1 to {MaximumNameLength} of letters, digits, '.', '_' and '-'. Override Name in the definition.");
        }

        if (_nodes.Count == 0)
        {
            throw Problem("it declares no step.");
        }

        _complete = true;
        JsonTypeInfo<TParameters>? parameters = Types.Find<TParameters>();
        ResolveTypes(parameters is null ? typeof(TParameters) : null);
        foreach (PipelineNode node in _nodes)
        {
            node.Link(this);
        }

        if (_branches.Find(static branch => branch.Nodes.Count == 0) is { } empty)
        {
            throw Problem($"the {(empty.WhenTrue ? "Then" : "Else")} branch of '{empty.Condition.Key}' declares no step.");
        }

        return new PipelineGraph(pipeline, this, parameters!, _nodes, _byKey);
    }

    public PipelineDefinitionException Problem(string problem) => new(pipeline, problem);

    private void ResolveTypes(Type? missingParameters)
    {
        List<Type> missing = missingParameters is null ? [] : [missingParameters];
        foreach (PipelineNode node in _nodes)
        {
            node.ResolveTypes(Types, missing);
        }

        if (missing.Count > 0)
        {
            string names = string.Join(", ", missing.Distinct().Select(static type => type.ToString()));
            throw Problem(
                $"no context serialises {names}. Add [JsonSerializable(typeof(...))] for each to a JsonSerializerContext and name it with p.Serialize(MyContext.Default).");
        }
    }

    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= MaximumNameLength } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}
