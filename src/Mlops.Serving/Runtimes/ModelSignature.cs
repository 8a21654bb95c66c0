namespace Mlops.Serving;

/// <summary>What a loaded model takes and returns. Immutable.</summary>
public sealed class ModelSignature
{
    /// <summary>Creates a signature.</summary>
    /// <param name="inputs">Inputs in the model's order, at least one.</param>
    /// <param name="outputs">Outputs in the model's order, at least one.</param>
    /// <param name="featureNames">Names of the columns of the first input, if the model says; else <c>null</c>.</param>
    /// <exception cref="ArgumentException">There is no input or no output.</exception>
    public ModelSignature(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, IReadOnlyList<string>? featureNames = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        if (inputs.Count == 0)
            throw new ArgumentException("A model needs at least one input.", nameof(inputs));
        if (outputs.Count == 0)
            throw new ArgumentException("A model needs at least one output.", nameof(outputs));

        Inputs = inputs;
        Outputs = outputs;
        FeatureNames = featureNames;
    }

    /// <summary>Inputs in the model's order.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>Outputs in the model's order.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Names of the columns of the first input, in order; <c>null</c> when the model does not say.</summary>
    public IReadOnlyList<string>? FeatureNames { get; }

    /// <summary>What computes the model, in the Open Inference Protocol's form <c>PROJECT_FORMAT</c>; <c>dotnet_custom</c> by default.</summary>
    public string Platform { get; init; } = "dotnet_custom";

    /// <summary>For example <c>(features: float32[-1,15]) -> (prediction: float32[-1,1])</c>.</summary>
    public override string ToString() => $"({string.Join(", ", Inputs)}) -> ({string.Join(", ", Outputs)})";

    internal static int IndexOf(IReadOnlyList<TensorSpec> specs, string name)
    {
        for (int i = 0; i < specs.Count; i++)
            if (specs[i].Name == name)
                return i;

        return -1;
    }

    /// <summary>
    /// Whether the first dimension of an output counts the rows of the inputs: it is free and has the name of theirs, or one of the two
    /// has no name, as many exporters write it.
    /// </summary>
    internal bool CountsRows(TensorSpec output)
    {
        if (!output.HasRows)
            return false;

        string? symbol = output.Symbols?[0];
        foreach (TensorSpec input in Inputs)
            if (input.HasRows && (symbol is null || input.Symbols?[0] is not { } rows || rows == symbol))
                return true;

        return false;
    }

    /// <summary>The first output whose size the inputs do not tell; <c>null</c> when there is none.</summary>
    internal TensorSpec? FindOutputOfUnknownSize()
    {
        var shape = SlotShape.Smallest(this, maximumRows: 1);
        for (int i = 0; i < Outputs.Count; i++)
            if (shape.FindOutputShape(this, i) is null)
                return Outputs[i];

        return null;
    }

    /// <summary>Why calls of a model with this signature cannot share a run; <c>null</c> when they can.</summary>
    internal string? FindBatchingObstacle()
    {
        foreach (TensorSpec input in Inputs)
        {
            if (input.Type == TensorDataType.Text)
                return $"input '{input}' is text";
            if (!input.HasRows)
                return $"input '{input}' has no free first dimension that counts rows";
        }

        foreach (TensorSpec output in Outputs)
        {
            if (output.Type == TensorDataType.Text)
                return $"output '{output}' is text";
            if (!CountsRows(output))
                return $"the first dimension of output '{output}' does not count the rows of the inputs";
        }

        return null;
    }

    /// <summary>What keeps this signature from taking the place of <paramref name="live"/>; empty when nothing does.</summary>
    internal List<string> DifferencesFrom(ModelSignature live)
    {
        List<string> differences = [];
        Compare("input", live.Inputs, Inputs, differences);
        Compare("output", live.Outputs, Outputs, differences);
        foreach (TensorSpec input in Inputs)
            if (IndexOf(live.Inputs, input.Name) < 0)
                differences.Add($"input '{input}' is new");
        if (FeatureNames is not null && live.FeatureNames is not null && !FeatureNames.SequenceEqual(live.FeatureNames))
            differences.Add($"features were [{string.Join(", ", live.FeatureNames)}] and are [{string.Join(", ", FeatureNames)}]");

        return differences;
    }

    private static void Compare(string role, IReadOnlyList<TensorSpec> live, IReadOnlyList<TensorSpec> candidate, List<string> differences)
    {
        foreach (TensorSpec spec in live)
        {
            int index = IndexOf(candidate, spec.Name);
            if (index < 0)
                differences.Add($"{role} '{spec.Name}' is gone");
            else if (!candidate[index].HasSameFormAs(spec))
                differences.Add($"{role} was '{spec}' and is '{candidate[index]}'");
        }
    }
}
