using System.Globalization;

namespace Mlops.Registry;

/// <summary>The version has no file of this name.</summary>
public sealed class ModelFileNotFoundException : RegistryException
{
    internal ModelFileNotFoundException(string model, int number, string name)
        : base(string.Create(CultureInfo.InvariantCulture, $"Opening '{name}' of '{model}/{number}': the version has no such file. {nameof(ModelRegistry.ReadFilesAsync)} names those it has."))
    {
        Model = model;
        Number = number;
        Name = name;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The version's number.</summary>
    public int Number { get; }

    /// <summary>The name asked for.</summary>
    public string Name { get; }
}
