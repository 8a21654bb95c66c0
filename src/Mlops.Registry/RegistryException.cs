namespace Mlops.Registry;

/// <summary>What the registry could not do because of what it holds; failures of the database are <see cref="Mlops.Storage.StorageException"/>.</summary>
public abstract class RegistryException : Exception
{
    private protected RegistryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
