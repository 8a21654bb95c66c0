namespace Mlops.Orchestration;

/// <summary>Where steps are declared: a pipeline, or one that it takes in under a name.</summary>
/// <param name="prefix">What the keys of its steps begin with.</param>
/// <param name="parent">The scope that takes it in; null for the pipeline itself.</param>
/// <param name="parameterInputs">The results that its parameters are read from; empty where they come from the run's.</param>
internal sealed class StepScope(string prefix, StepScope? parent, StepInput[] parameterInputs)
{
    /// <summary>A definition that takes in itself is better refused than a stack overflow.</summary>
    public const int MaximumDepth = 16;

    public static StepScope OfPipeline() => new("", parent: null, []);

    public string Prefix { get; } = prefix;

    public StepInput[] ParameterInputs { get; } = parameterInputs;

    /// <summary>Its parameters, where they are made from those of the parent; null where they are stored, as a result or with the run.</summary>
    public MadeParameters? Made { get; init; }

    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    public RetryPolicy? Retry { get; set; }

    public TimeSpan? Timeout { get; set; }

    public RetryPolicy FindRetry() => Retry ?? parent?.FindRetry() ?? RetryPolicy.Default;

    public TimeSpan? FindTimeout() => Timeout ?? parent?.FindTimeout();
}
