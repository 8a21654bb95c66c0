using System.Globalization;

namespace Mlops.Registry;

/// <summary>The model has no version of this number.</summary>
public sealed class VersionNotFoundException : RegistryException
{
    internal VersionNotFoundException(string model, int number)
        : base(string.Create(CultureInfo.InvariantCulture, $"Looking for '{model}/{number}': the model has no version {number}. ListVersionsAsync names those it has."))
    {
        Model = model;
        Number = number;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The number asked for.</summary>
    public int Number { get; }
}
