namespace Mlops.Orchestration;

public sealed partial class PipelineBuilder<TParameters>
{
    /// <summary>
    /// Takes the steps of another pipeline in, as steps <c>name/...</c> of this one, and returns the handle of their result. They are part of
    /// the run: paused, cancelled, rerun and shown with it. Its retry policy and time limit hold for its own steps.
    /// </summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="definition">The other pipeline.</param>
    /// <param name="parameters">The result that its steps read as their parameters; all of them wait for it.</param>
    public StepInput<TResult> SubPipeline<TInner, TResult>(
        string name, IPipelineDefinition<TInner, TResult> definition, StepInput<TInner> parameters)
    {
        string key = KeyOf(name);
        _draft.RequireInputs(key, [parameters], _branch);
        return TakeIn(key, definition, [parameters], parameters.Read, made: null);
    }

    /// <summary>The same with parameters that are made from this pipeline's own.</summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="definition">The other pipeline.</param>
    /// <param name="parameters">
    /// Runs for every attempt of every one of its steps: pure and cheap. What it returns is part of the key of steps with a cache, which therefore
    /// need a context that serialises it, and read what that context writes.
    /// </param>
    public StepInput<TResult> SubPipeline<TInner, TResult>(
        string name, IPipelineDefinition<TInner, TResult> definition, Func<TParameters, TInner> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return TakeIn(KeyOf(name), definition, _scope.ParameterInputs, Make, new MadeParameters<TInner>(Make));

        TInner Make(StepAttempt attempt) => parameters(_parameters(attempt));
    }

    private StepInput<TResult> TakeIn<TInner, TResult>(
        string key, IPipelineDefinition<TInner, TResult> definition, StepInput[] inputs, Func<StepAttempt, TInner> parameters, MadeParameters? made)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var scope = new StepScope(key + "/", _scope, inputs) { Made = made };
        _draft.Open(key, scope);
        StepInput<TResult> result = definition.Define(new PipelineBuilder<TInner>(_draft, scope, _branch, parameters));
        _draft.RequireInputs(key, [result], _branch);
        return result;
    }
}
