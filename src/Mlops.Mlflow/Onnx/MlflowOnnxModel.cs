using System.Text;
using Mlops.Onnx;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Logs ONNX models the way MLflow does, so that <c>mlflow.onnx.load_model("runs:/...")</c> loads what was trained here.</summary>
public static class MlflowOnnxModel
{
    /// <summary>Stores the model as <c>path/model.onnx</c> and its description as <c>path/MLmodel</c> among the artifacts of a run.</summary>
    /// <param name="tracker">Where the run is.</param>
    /// <param name="runId">The run.</param>
    /// <param name="path">The folder, for example <c>model</c>; see <see cref="ArtifactName"/>.</param>
    /// <param name="onnx">The model's bytes.</param>
    /// <param name="createdAt">When it was made; null to leave that out.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="ArgumentException">The path does not follow the grammar.</exception>
    /// <exception cref="OnnxFormatException">The bytes are no ONNX model.</exception>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    public static Task LogAsync(
        Tracker tracker, string runId, string path, ReadOnlyMemory<byte> onnx, DateTimeOffset? createdAt = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArtifactName folder = ArtifactName.Parse(path);
        MlflowModelFile file = MlflowModelFile.For(OnnxModel.Read(onnx.Span)) with { ArtifactPath = folder.Value, RunId = runId, CreatedAt = createdAt };
        return LogAsync();

        async Task LogAsync()
        {
            // The description last: who finds it finds the model.
            await tracker.LogArtifactAsync(runId, $"{folder}/{file.OnnxFile}", new MemoryStream(onnx.ToArray()), cancellationToken).ConfigureAwait(false);
            await tracker.LogArtifactAsync(runId, $"{folder}/{MlflowModelFile.FileName}", new MemoryStream(Encoding.UTF8.GetBytes(file.ToString())), cancellationToken).ConfigureAwait(false);
        }
    }
}
