namespace Mlops.Onnx;

/// <summary>
/// What a caller must know of a model: its inputs and outputs, in the file's order. Inputs that have an initializer (a
/// default stored in the file) are not part of it. Immutable; safe to share between threads.
/// </summary>
public sealed partial class OnnxSignature
{
    /// <summary>Creates a signature.</summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public OnnxSignature(IReadOnlyList<OnnxValue> inputs, IReadOnlyList<OnnxValue> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>What the caller must provide.</summary>
    public IReadOnlyList<OnnxValue> Inputs { get; }

    /// <summary>What the model returns.</summary>
    public IReadOnlyList<OnnxValue> Outputs { get; }

    /// <summary>The input of that name, or <c>null</c>.</summary>
    public OnnxValue? FindInput(string name) => Find(Inputs, name);

    /// <summary>The output of that name, or <c>null</c>.</summary>
    public OnnxValue? FindOutput(string name) => Find(Outputs, name);

    /// <summary>For example <c>(features: float32[batch,15]) -> (prediction: float32[batch,1])</c>.</summary>
    public override string ToString() => $"({string.Join(", ", Inputs)}) -> ({string.Join(", ", Outputs)})";

    private static OnnxValue? Find(IReadOnlyList<OnnxValue> values, string name)
    {
        foreach (OnnxValue value in values)
            if (value.Name == name)
                return value;

        return null;
    }
}
