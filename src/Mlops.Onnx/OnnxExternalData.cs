namespace Mlops.Onnx;

/// <summary>A tensor whose values the file does not hold itself.</summary>
/// <param name="Tensor">Name of the tensor; empty when it has none (attributes of nodes).</param>
/// <param name="Location">
/// Where the file says the values are, usually a path relative to the model's folder; exactly as written, not resolved and not
/// to be trusted. Empty when the file gives none.
/// </param>
public sealed record OnnxExternalData(string Tensor, string Location);
