namespace Quickstart;

/// <summary>Intercept + weights · features, on raw features: what a linear ONNX model holds.</summary>
public sealed record LinearModel(double Intercept, double[] Weights)
{
    public double Predict(ReadOnlySpan<float> features)
    {
        if (features.Length != Weights.Length)
            throw new ArgumentException($"The model takes {Weights.Length} features, not {features.Length}.", nameof(features));
        double sum = Intercept;
        for (int i = 0; i < features.Length; i++)
            sum += Weights[i] * features[i];
        return sum;
    }
}
