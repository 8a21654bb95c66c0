namespace Mlops.Registry;

/// <summary>No model has this name.</summary>
public sealed class ModelNotFoundException : RegistryException
{
    internal ModelNotFoundException(string model)
        : base($"Looking for model '{model}': none of that name is registered here. Register a version, or check the name and the connection string.")
    {
        Model = model;
    }

    /// <summary>The name asked for.</summary>
    public string Model { get; }
}
