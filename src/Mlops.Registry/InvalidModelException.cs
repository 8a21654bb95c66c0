namespace Mlops.Registry;

/// <summary>The bytes are not the model they were said to be. Nothing was registered.</summary>
public sealed class InvalidModelException(string model, Exception innerException)
    : RegistryException($"Registering a version of '{model}': the bytes are no ONNX model ({innerException.Message}). Export it again, or register it with ModelFormat.Other.", innerException);
