namespace Mlops.Onnx;

/// <summary>An operator that a model uses, anywhere in its graph, nested graphs or functions.</summary>
/// <param name="Domain">Domain of the operator; the default domain is written <c>ai.onnx</c>.</param>
/// <param name="Type">Name of the operator, for example <c>Gemm</c>.</param>
/// <param name="Count">How many nodes use it.</param>
public sealed record OnnxOperator(string Domain, string Type, int Count);
