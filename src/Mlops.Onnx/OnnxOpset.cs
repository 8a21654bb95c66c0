namespace Mlops.Onnx;

/// <summary>A set of operators, with its version, that a model declares to need.</summary>
/// <param name="Domain">Domain of the operators; the default domain is written <c>ai.onnx</c>.</param>
/// <param name="Version">Version of the set.</param>
public sealed record OnnxOpset(string Domain, long Version);
