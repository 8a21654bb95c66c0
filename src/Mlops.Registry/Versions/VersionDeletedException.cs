using System.Globalization;

namespace Mlops.Registry;

/// <summary>A registration was repeated under its idempotency key, and the version that it had made was deleted since. Nothing was changed.</summary>
public sealed class VersionDeletedException : RegistryException
{
    internal VersionDeletedException(string model, int number)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Registering a version of '{model}' again: the first call under this idempotency key made version {number}, which was deleted since. To register the bytes anew, use another key."))
    {
        Model = model;
        Number = number;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The number that the deleted version had.</summary>
    public int Number { get; }
}
