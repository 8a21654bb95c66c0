using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mlops.Onnx;

namespace Mlops.Mlflow;

/// <summary>What an <c>MLmodel</c> file says of the folder that it stands in: enough for MLflow to load an ONNX model, and to find it in a folder that MLflow wrote.</summary>
public sealed record MlflowModelFile
{
    /// <summary>The name of the file: <c>MLmodel</c>.</summary>
    public const string FileName = "MLmodel";

    // JSON's strings are YAML's, except for escapes of half characters, which this encoder does not write.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>The folder's name among the run's artifacts; null when it is not said.</summary>
    public string? ArtifactPath { get; init; }

    /// <summary>The run that made it; null when it is not said.</summary>
    public string? RunId { get; init; }

    /// <summary>When it was made, in UTC; null when it is not said.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The ONNX file's name within the folder; null when the model is of another kind.</summary>
    public string? OnnxFile { get; init; }

    /// <summary>The inputs as JSON, in MLflow's form; null when it is not said.</summary>
    public string? Inputs { get; init; }

    /// <summary>The outputs as JSON, in MLflow's form; null when it is not said.</summary>
    public string? Outputs { get; init; }

    /// <summary>Describes an ONNX model; inputs and outputs are left out when one of them is nothing MLflow has a name for.</summary>
    public static MlflowModelFile For(OnnxModel model, string onnxFile = "model.onnx")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(onnxFile);
        string? inputs = TensorSpecs.Write(model.Signature.Inputs), outputs = TensorSpecs.Write(model.Signature.Outputs);
        return new MlflowModelFile { OnnxFile = onnxFile, Inputs = outputs is null ? null : inputs, Outputs = inputs is null ? null : outputs };
    }

    /// <summary>Reads a file. Only what the properties need is looked at; anchors, tags and the like are refused.</summary>
    /// <exception cref="FormatException">It is no such file.</exception>
    public static MlflowModelFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, string> scalars = YamlSubset.Read(text);
        return new MlflowModelFile
        {
            ArtifactPath = scalars.GetValueOrDefault("artifact_path"),
            RunId = scalars.GetValueOrDefault("run_id"),
            CreatedAt = TimeOf(scalars.GetValueOrDefault("utc_time_created")),
            OnnxFile = scalars.GetValueOrDefault("flavors.onnx.data"),
            Inputs = scalars.GetValueOrDefault("signature.inputs"),
            Outputs = scalars.GetValueOrDefault("signature.outputs"),
        };
    }

    /// <summary>The file's text, in YAML.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Append(text, "artifact_path: ", ArtifactPath);
        if (OnnxFile is not null)
        {
            text.Append("flavors:\n  onnx:\n    code: null\n");
            Append(text, "    data: ", OnnxFile);
            text.Append("    providers:\n    - CPUExecutionProvider\n  python_function:\n");
            Append(text, "    data: ", OnnxFile);
            text.Append("    loader_module: mlflow.onnx\n");
        }

        Append(text, "run_id: ", RunId);
        if (Inputs is not null && Outputs is not null)
        {
            text.Append("signature:\n");
            Append(text, "  inputs: ", Inputs);
            Append(text, "  outputs: ", Outputs);
            text.Append("  params: null\n");
        }

        Append(text, "utc_time_created: ", CreatedAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string key, string? value)
    {
        if (value is not null)
        {
            text.Append(key).Append('"').Append(JsonEncodedText.Encode(value, Encoder).Value).Append("\"\n");
        }
    }

    private static DateTimeOffset? TimeOf(string? text) => DateTimeOffset.TryParse(
        text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}
