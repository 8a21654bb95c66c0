using System.Text.Json.Serialization;

namespace Mlops.Orchestration;

/// <summary>
/// Declares the steps of a pipeline. A step can only take handles that exist already, so a definition has no cycles.
/// Delegates are best <c>static</c>: what a step captures from outside is not stored with the run.
/// </summary>
/// <typeparam name="TParameters">What a run is started with.</typeparam>
public sealed partial class PipelineBuilder<TParameters>
{
    private readonly GraphDraft _draft;
    private readonly StepScope _scope;
    private readonly Branch? _branch;
    private readonly Func<StepAttempt, TParameters> _parameters;

    internal PipelineBuilder(GraphDraft draft, StepScope scope, Branch? branch, Func<StepAttempt, TParameters> parameters)
    {
        _draft = draft;
        _scope = scope;
        _branch = branch;
        _parameters = parameters;
    }

    /// <summary>
    /// Names the source-generated contexts that serialise parameters, items and results. Once per definition is enough; the first
    /// context that knows a type serialises it. Numbers, text, dates, <see cref="Guid"/> and <see cref="ArtifactRef"/> need no context.
    /// </summary>
    public PipelineBuilder<TParameters> Serialize(params ReadOnlySpan<JsonSerializerContext> contexts)
    {
        _draft.Types.Add(contexts);
        return this;
    }

    /// <summary>The retry policy of steps that name none; <see cref="RetryPolicy.Default"/> unless set.</summary>
    public PipelineBuilder<TParameters> WithRetry(RetryPolicy retry)
    {
        ArgumentNullException.ThrowIfNull(retry);
        _scope.Retry = retry;
        return this;
    }

    /// <summary>The limit of one attempt of steps that name none; unlimited unless set.</summary>
    /// <param name="timeout">More than 0, at most 49 days.</param>
    public PipelineBuilder<TParameters> WithTimeout(TimeSpan timeout)
    {
        PipelineNode.RequireTimeout(timeout);
        _scope.Timeout = timeout;
        return this;
    }

    /// <summary>Steps that use a service. It is resolved in a scope of its own for every attempt.</summary>
    public ServiceSteps<TParameters, TService> With<TService>()
        where TService : notnull => new(this, ServiceSource<TService>.Resolve, typeof(TService));

    /// <summary>Steps that use an object the definition holds already, for hosts without a container.</summary>
    public ServiceSteps<TParameters, TService> With<TService>(TService service)
        where TService : notnull => new(this, _ => service, serviceType: null);

    /// <summary>A step without inputs.</summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="run">Runs at least once; its result is committed exactly once.</param>
    public Step<T> Step<T>(string name, Func<StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add(name, [], null, run, attempt => run(Context(attempt)));
    }

    /// <summary>A step with one input.</summary>
    public Step<T> Step<T1, T>(string name, StepInput<T1> first, Func<T1, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add(name, [first], null, run, attempt => run(first.Read(attempt), Context(attempt)));
    }

    /// <summary>A step with two inputs.</summary>
    public Step<T> Step<T1, T2, T>(
        string name, StepInput<T1> first, StepInput<T2> second, Func<T1, T2, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add(name, [first, second], null, run, attempt => run(first.Read(attempt), second.Read(attempt), Context(attempt)));
    }

    /// <summary>A step with three inputs.</summary>
    public Step<T> Step<T1, T2, T3, T>(
        string name,
        StepInput<T1> first,
        StepInput<T2> second,
        StepInput<T3> third,
        Func<T1, T2, T3, StepContext<TParameters>, Task<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Add(name, [first, second, third], null, run, attempt =>
            run(first.Read(attempt), second.Read(attempt), third.Read(attempt), Context(attempt)));
    }

    internal Step<T> Add<T>(string name, StepInput[] inputs, Type? service, Delegate source, Func<StepAttempt, Task<T>> run)
    {
        string key = KeyOf(name);
        _draft.RequireInputs(key, inputs, _branch);
        var node = new StepNode<T>(key, NodeKind.Step, _branch, [.. inputs, .. _scope.ParameterInputs], service, run)
        {
            Source = source,
            ParameterInputs = _scope.ParameterInputs.Length,
        };
        _draft.Add(node, _scope);
        return new Step<T>(_draft, node);
    }

    internal StepContext<TParameters> Context(StepAttempt attempt) =>
        new(attempt, _scope.Made is MadeParameters<TParameters> made ? made.Read(attempt) : _parameters(attempt));

    /// <summary>The same place, inside a branch.</summary>
    internal PipelineBuilder<TParameters> In(Branch branch) => new(_draft, _scope, branch, _parameters);

    private string KeyOf(string name)
    {
        _draft.RequireName(name);
        return _scope.Prefix + name;
    }
}
