namespace Mlops.Orchestration;

/// <summary>What all pipeline definitions share. Implement <see cref="IPipelineDefinition{TParameters}"/>.</summary>
public interface IPipelineDefinition
{
    /// <summary>The name that runs are stored under; the name of the class unless the definition overrides it. Renaming hides earlier runs.</summary>
    string Name => GetType().Name;

    internal PipelineGraph Build();
}

/// <summary>A pipeline: steps and what they need of each other, declared once and known before any run.</summary>
/// <typeparam name="TParameters">What a run is started with. Serialised by the context given to <see cref="PipelineBuilder{TParameters}.Serialize"/>.</typeparam>
public interface IPipelineDefinition<TParameters> : IPipelineDefinition
{
    /// <summary>Declares the steps. Called once per process, before any run; it must declare the same graph every time.</summary>
    void Define(PipelineBuilder<TParameters> p);

    PipelineGraph IPipelineDefinition.Build()
    {
        var draft = new GraphDraft(Name);
        Define(new PipelineBuilder<TParameters>(draft, StepScope.OfPipeline(), branch: null, static attempt => attempt.ReadParameters<TParameters>()));
        return draft.Complete<TParameters>();
    }
}

/// <summary>
/// A pipeline with a result, which other pipelines can take in with <see cref="PipelineBuilder{TParameters}.SubPipeline{TInner, TResult}(string, IPipelineDefinition{TInner, TResult}, StepInput{TInner})"/>.
/// On its own it runs as any other.
/// </summary>
/// <typeparam name="TParameters">What a run, or the pipeline that takes it in, gives to its steps.</typeparam>
/// <typeparam name="TResult">The type of the result.</typeparam>
public interface IPipelineDefinition<TParameters, TResult> : IPipelineDefinition<TParameters>
{
    /// <summary>Declares the steps and names the one that holds the result. Must declare the same graph every time.</summary>
    new StepInput<TResult> Define(PipelineBuilder<TParameters> p);

    void IPipelineDefinition<TParameters>.Define(PipelineBuilder<TParameters> p) => Define(p);
}
