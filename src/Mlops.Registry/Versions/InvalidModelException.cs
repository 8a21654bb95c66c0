namespace Mlops.Registry;

/// <summary>The bytes are not the model they were said to be. Nothing was registered.</summary>
public sealed class InvalidModelException : RegistryException
{
    internal InvalidModelException(string model, string seen, Exception? innerException = null)
        : base($"Registering a version of '{model}': {seen} Export it again, or register it as {nameof(ModelFormat)}.{nameof(ModelFormat.Other)}.", innerException)
    {
        Model = model;
    }

    /// <summary>The model.</summary>
    public string Model { get; }
}
