namespace Mlops.Serving;

/// <summary>What a predictor's call needs while it waits: one row of every input and every output, in the order of the model.</summary>
internal sealed class RowBuffers
{
    public RowBuffers(ModelExecutor executor, ModelSignature signature)
    {
        Call = new ModelCall(executor, isOwned: true);
        foreach (TensorSpec input in signature.Inputs)
        {
            long[] shape = [.. input.Shape];
            if (input.HasRows)
                shape[0] = 1;
            Request.AddInput(input.Name, input.Type, shape, input.BytesPerRow!.Value).Clear();
        }
    }

    public ModelCall Call { get; }

    public TensorRequest Request { get; } = new();

    public CallAnswer Answer { get; } = new();

    /// <summary>What a writer leaves out must not show the row before.</summary>
    public void Clear()
    {
        for (int i = 0; i < Request.Tensors.Count; i++)
            Request.Tensors[i].Writable.Clear();
        Answer.Clear();
    }
}
