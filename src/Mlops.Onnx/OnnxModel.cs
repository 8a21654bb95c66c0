using System.Text.Json;

namespace Mlops.Onnx;

/// <summary>
/// Everything about an ONNX file except its numbers: signature, versions, metadata, operators, and whether it reaches for
/// anything outside itself. Reading runs no model code and opens no other file. Immutable; safe to share between threads.
/// </summary>
/// <remarks>
/// The reader accepts less than protobuf does (no groups, no known field with a foreign wire type, at most
/// <see cref="MaximumDepth"/> nested messages), so that what it has checked is what a runtime will see.
/// </remarks>
public sealed partial class OnnxModel
{
    /// <summary>Messages may nest this deep, which is also protobuf's own limit.</summary>
    public const int MaximumDepth = 100;

    /// <summary>Metadata key under which feature names are stored, as a JSON array of strings in column order.</summary>
    public const string FeatureNamesKey = "mlops.feature_names";

    internal OnnxModel()
    {
    }

    /// <summary>Version of the file format (<c>ir_version</c>).</summary>
    public required long IrVersion { get; init; }

    /// <summary>Operator sets that the model declares.</summary>
    public required IReadOnlyList<OnnxOpset> Opsets { get; init; }

    /// <summary>Tool that wrote the file; empty when not stated.</summary>
    public required string ProducerName { get; init; }

    /// <summary>Version of that tool; empty when not stated.</summary>
    public required string ProducerVersion { get; init; }

    /// <summary>Name of the main graph; empty when not stated.</summary>
    public required string GraphName { get; init; }

    /// <summary>Key-value pairs stored in the file; of a repeated key the last value counts.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Inputs and outputs of the main graph.</summary>
    public required OnnxSignature Signature { get; init; }

    /// <summary>Operators in use, sorted by domain and type.</summary>
    public required IReadOnlyList<OnnxOperator> Operators { get; init; }

    /// <summary>
    /// Operators that neither ONNX nor ONNX Runtime brings along and that the file does not define as a function: running them
    /// needs a native library from elsewhere.
    /// </summary>
    public required IReadOnlyList<OnnxOperator> CustomOperators { get; init; }

    /// <summary>
    /// Tensors whose values lie outside the file: initializers, sparse initializers, attributes of nodes, in the main graph,
    /// nested graphs, training graphs and functions. A runtime that follows such a location reads a file of the model author's
    /// choosing, so that a model from bytes should not be loaded unless this is empty.
    /// </summary>
    public required IReadOnlyList<OnnxExternalData> ExternalData { get; init; }

    /// <summary>Whether a node embeds or points to a blob compiled for an execution provider (<c>EPContext</c>).</summary>
    public required bool HasExecutionProviderContext { get; init; }

    /// <summary>Whether the file needs nothing but itself and a stock runtime.</summary>
    public bool IsSelfContained => ExternalData.Count == 0 && CustomOperators.Count == 0 && !HasExecutionProviderContext;

    /// <summary>
    /// Names of the feature columns, in order, if the producer stored them under <see cref="FeatureNamesKey"/>; <c>null</c>
    /// when absent or unreadable.
    /// </summary>
    public IReadOnlyList<string>? FeatureNames => Metadata.TryGetValue(FeatureNamesKey, out string? json) ? ParseNames(json) : null;

    private static List<string>? ParseNames(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                return null;

            List<string> names = [];
            foreach (JsonElement element in document.RootElement.EnumerateArray())
            {
                if (element.ValueKind != JsonValueKind.String)
                    return null;
                names.Add(element.GetString()!);
            }

            return names;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Another tool may use the key for something else; a lone surrogate surfaces as InvalidOperationException.
            return null;
        }
    }
}
