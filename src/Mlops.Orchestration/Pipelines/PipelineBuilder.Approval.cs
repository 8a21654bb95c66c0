namespace Mlops.Orchestration;

public sealed partial class PipelineBuilder<TParameters>
{
    /// <summary>
    /// A step that asks somebody and waits, without a worker's slot, until <see cref="Pipelines.ApproveAsync"/> or
    /// <see cref="Pipelines.RejectAsync"/> is called. What is to happen only after the approval takes it as an input.
    /// </summary>
    /// <param name="name">Unique in the pipeline: 1 to 128 of letters, digits, '.', '_' and '-'.</param>
    /// <param name="input">What is to be decided on.</param>
    /// <param name="question">Describes it for whoever decides; cut to 2 000 characters and stored.</param>
    public ApprovalStep Approval<T>(string name, StepInput<T> input, Func<T, string> question)
    {
        ArgumentNullException.ThrowIfNull(question);
        string key = KeyOf(name);
        _draft.RequireInputs(key, [input], _branch);
        var node = new ApprovalNode<T>(key, _branch, input, question);
        _draft.Add(node, _scope);
        return new ApprovalStep(_draft, node);
    }
}
