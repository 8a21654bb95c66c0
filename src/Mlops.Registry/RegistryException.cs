namespace Mlops.Registry;

/// <summary>The registry could not do what was asked.</summary>
public class RegistryException(string message, Exception? innerException = null) : Exception(message, innerException);
