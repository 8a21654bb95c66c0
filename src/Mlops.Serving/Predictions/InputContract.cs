using System.Globalization;

namespace Mlops.Serving;

/// <summary>How rows of <typeparamref name="TIn"/> become inputs of a model, and which models they fit.</summary>
internal abstract class InputContract<TIn>
{
    /// <summary>Why the model does not fit; <c>null</c> when it does.</summary>
    public abstract string? Check(ModelSignature signature);

    public abstract void Write(TIn input, ModelInputs inputs);

    /// <summary>Names of the columns it writes; <c>null</c> where nobody has said.</summary>
    public virtual IReadOnlyList<string>? FeatureNames => null;
}

internal sealed class FeatureContract<TIn>(FeatureWriter<TIn> writer, int? count, IReadOnlyList<string>? names) : InputContract<TIn>
{
    public override IReadOnlyList<string>? FeatureNames => names;

    public override string? Check(ModelSignature signature)
    {
        TensorSpec input = signature.Inputs[0];
        if (signature.Inputs.Count > 1 || input.Type != TensorDataType.Float32)
            return $"the predictor writes one vector of float32, the model takes {string.Join(", ", signature.Inputs)}; fill other inputs with Input((row, inputs) => ...)";
        if (count is { } declared && declared != input.ElementsPerRow)
            return string.Create(CultureInfo.InvariantCulture, $"the predictor writes {declared} features, the model takes {input}");
        if (input.ElementsPerRow is null)
            return $"the predictor writes one vector of float32, the model's input {input} has rows of any length";
        if (names is null || signature.FeatureNames is null)
            return null;
        return Misplaced(signature.FeatureNames);
    }

    public override void Write(TIn input, ModelInputs inputs) => writer(input, inputs.Get<float>());

    // A column in the wrong place computes without complaint, so the names that a model carries are worth comparing.
    private string? Misplaced(IReadOnlyList<string> trained)
    {
        for (int i = 0; i < Math.Min(names!.Count, trained.Count); i++)
            if (Essence(names[i]) != Essence(trained[i]))
                return string.Create(CultureInfo.InvariantCulture, $"feature {i} is '{names[i]}' in the predictor and '{trained[i]}' in the model, which was trained on [{string.Join(", ", trained)}]");

        return null;
    }

    // "lag_14" in the training code and "Lag14" in C# are the same name.
    private static string Essence(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
}

internal sealed class WriterContract<TIn>(InputWriter<TIn> writer) : InputContract<TIn>
{
    public override string? Check(ModelSignature signature) => null;

    public override void Write(TIn input, ModelInputs inputs) => writer(input, inputs);
}
