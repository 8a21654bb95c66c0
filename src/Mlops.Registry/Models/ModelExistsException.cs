namespace Mlops.Registry;

/// <summary>The name is taken. Nothing was changed.</summary>
public sealed class ModelExistsException : RegistryException
{
    internal ModelExistsException(string model, bool isDeleted)
        : base(isDeleted
            ? $"Renaming a model to '{model}': a deleted model had that name, and the numbers of its versions are not used again. Choose another name, or create '{model}' and register there."
            : $"Naming a model '{model}': there is one of that name already. Choose another name, or use the one that is there.")
    {
        Model = model;
        IsDeleted = isDeleted;
    }

    /// <summary>The name.</summary>
    public string Model { get; }

    /// <summary>Whether it belongs to a deleted model, which a model can be created as, but not renamed to.</summary>
    public bool IsDeleted { get; }
}
