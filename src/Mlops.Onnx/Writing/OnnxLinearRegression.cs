using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Mlops.Onnx;

/// <summary>Writes a linear regression as an ONNX model that any runtime loads.</summary>
public static class OnnxLinearRegression
{
    /// <summary>
    /// Writes <c>prediction = features · weights + bias</c>, computed in float32: input float32 [batch, weights.Length], output
    /// float32 [batch, 1], one <c>Gemm</c> node, IR version 7, opset 13. Equal arguments give equal bytes.
    /// </summary>
    /// <param name="destination">Receives the file; stays open and is not flushed.</param>
    /// <param name="weights">One weight per feature, at least one; each finite also as float32.</param>
    /// <param name="bias">Added to every row; finite also as float32.</param>
    /// <param name="inputName">Name of the input.</param>
    /// <param name="outputName">Name of the output; differs from <paramref name="inputName"/>.</param>
    /// <param name="featureNames">
    /// Names of the columns, one per weight, stored under <see cref="OnnxModel.FeatureNamesKey"/> and read back by
    /// <see cref="OnnxModel.FeatureNames"/>; <c>null</c> stores none.
    /// </param>
    /// <param name="metadata">Further key-value pairs to store; <c>null</c> stores none.</param>
    /// <exception cref="ArgumentNullException">A required argument is null.</exception>
    /// <exception cref="ArgumentException">There are no weights, a number is not finite as float32, or names do not fit.</exception>
    public static void Write(
        Stream destination,
        ReadOnlySpan<double> weights,
        double bias,
        string inputName = "features",
        string outputName = "prediction",
        IReadOnlyList<string>? featureNames = null,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        float[] single = new float[weights.Length];
        for (int i = 0; i < weights.Length; i++)
            single[i] = ToSingle(weights[i], $"weight {i}", nameof(weights));

        Write(destination, single, ToSingle(bias, "the bias", nameof(bias)), inputName, outputName, featureNames, metadata);
    }

    /// <inheritdoc cref="Write(Stream, ReadOnlySpan{double}, double, string, string, IReadOnlyList{string}?, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(
        Stream destination,
        ReadOnlySpan<float> weights,
        float bias,
        string inputName = "features",
        string outputName = "prediction",
        IReadOnlyList<string>? featureNames = null,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentException.ThrowIfNullOrEmpty(inputName);
        ArgumentException.ThrowIfNullOrEmpty(outputName);
        if (inputName == outputName)
            throw new ArgumentException($"Input and output are both named '{inputName}'; ONNX needs two names.", nameof(outputName));
        if (weights.IsEmpty)
            throw new ArgumentException("A linear model needs at least one weight.", nameof(weights));
        if (featureNames is not null && featureNames.Count != weights.Length)
            throw new ArgumentException($"There are {featureNames.Count} feature names for {weights.Length} weights.", nameof(featureNames));
        if (metadata?.ContainsKey(OnnxModel.FeatureNamesKey) == true)
            throw new ArgumentException($"The key '{OnnxModel.FeatureNamesKey}' is filled from featureNames; leave it out.", nameof(metadata));
        for (int i = 0; i < weights.Length; i++)
            ToSingle(weights[i], $"weight {i}", nameof(weights));
        ToSingle(bias, "the bias", nameof(bias));

        // Names inside the graph must not meet the caller's.
        string weightsName = Unused("weights", inputName, outputName);
        string biasName = Unused("bias", inputName, outputName);
        var graph = new OnnxGraphWriter("linear_regression");
        graph.Node("Gemm", [inputName, weightsName, biasName], [outputName]);
        graph.Initializer(weightsName, weights, weights.Length, 1);
        graph.Initializer(biasName, [bias], 1);
        graph.Input(inputName, OnnxElementType.Float32, new OnnxDimension(-1, "batch"), new OnnxDimension(weights.Length));
        graph.Output(outputName, OnnxElementType.Float32, new OnnxDimension(-1, "batch"), new OnnxDimension(1));
        graph.WriteTo(destination, Metadata(featureNames, metadata));
    }

    private static float ToSingle(double value, string what, string parameter)
    {
        float single = (float)value;
        return float.IsFinite(single)
            ? single
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{what} is {value:R}, which is not finite as float32."), parameter);
    }

    private static string Unused(string name, string first, string second)
    {
        while (name == first || name == second)
            name += "_";

        return name;
    }

    private static Dictionary<string, string> Metadata(IReadOnlyList<string>? featureNames, IReadOnlyDictionary<string, string>? metadata)
    {
        Dictionary<string, string> all = new(metadata ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        if (featureNames is null)
            return all;

        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (string name in featureNames)
                json.WriteStringValue(name);
            json.WriteEndArray();
        }

        all[OnnxModel.FeatureNamesKey] = Encoding.UTF8.GetString(bytes.WrittenSpan);
        return all;
    }
}
