namespace Mlops.Serving;

/// <summary>What the predictor of a model demands of every version: null and the position of the output it reads, or why not.</summary>
internal abstract class ModelContract
{
    public abstract string? Check(ModelSignature signature, out int output);
}

/// <summary>Of a model that is called with tensors only.</summary>
internal sealed class AnyModelContract : ModelContract
{
    public override string? Check(ModelSignature signature, out int output)
    {
        output = 0;
        return null;
    }
}

internal sealed class ModelContract<TIn, TOut>(InputContract<TIn> input, OutputContract<TOut> output) : ModelContract
{
    public override string? Check(ModelSignature signature, out int index)
    {
        string? outputReason = output.Check(signature, out index);
        return input.Check(signature) ?? outputReason;
    }
}
