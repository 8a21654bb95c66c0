namespace Mlops.Registry;

/// <summary>No such model, version or alias.</summary>
public sealed class ModelNotFoundException(ModelReference reference)
    : RegistryException($"Looking up '{reference}': the registry holds nothing of that name. Register a version, or set the alias first.")
{
    /// <summary>What was asked for.</summary>
    public ModelReference Reference { get; } = reference;
}
