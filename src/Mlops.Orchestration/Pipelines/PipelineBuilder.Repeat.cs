namespace Mlops.Orchestration;

public sealed partial class PipelineBuilder<TParameters>
{
    /// <summary>
    /// A step that is repeated on its own result until that will do, at least once. Each round is a step <c>name[1]</c>, <c>name[2]</c>, ... with
    /// retries, cache and result of its own; as an input, it is the result of the last round.
    /// </summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="start">What the first round receives.</param>
    /// <param name="maximumRounds">After so many rounds the result of the last one is taken, whatever <paramref name="until"/> says: 1 to 100 000.</param>
    /// <param name="round">Receives the result of the round before and the number of the round.</param>
    /// <param name="until">Whether a round's result will do. Decided once per round and stored with it; must be pure.</param>
    public RepeatedStep<T> Repeat<T>(
        string name, StepInput<T> start, int maximumRounds, Func<T, int, StepContext<TParameters>, Task<T>> round, Func<T, bool> until)
    {
        ArgumentNullException.ThrowIfNull(round);
        ArgumentNullException.ThrowIfNull(until);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRounds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumRounds, RepeatNode.MaximumRounds);
        string key = KeyOf(name);
        _draft.RequireInputs(key, [start], _branch);
        var repeat = new RepeatNode<T>(key, _branch, start, [start, .. _scope.ParameterInputs], maximumRounds) { ParameterInputs = _scope.ParameterInputs.Length };
        var result = new RepeatedStep<T>(_draft, repeat);
        var template = new StepNode<T>(
            key + "[]",
            NodeKind.Item,
            _branch,
            [result, .. _scope.ParameterInputs],
            serviceType: null,
            attempt => round(result.Read(attempt), RepeatNode.RoundOf(attempt.Step.Item), Context(attempt)))
        {
            Source = round,
            Until = until,
            ParameterInputs = _scope.ParameterInputs.Length,
        };
        repeat.Template = template;
        _draft.Add(repeat, _scope);
        _draft.Add(template, _scope);
        return result;
    }
}
