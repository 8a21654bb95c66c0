namespace Mlops.Serving;

/// <summary>Base of everything that serving a model can fail with, apart from wrong arguments and cancellation.</summary>
public abstract class ServingException : Exception
{
    private protected ServingException(string model, string message, Exception? innerException = null)
        : base(message, innerException) => Model = model;

    /// <summary>Name of the model that was asked for.</summary>
    public string Model { get; }
}

/// <summary>No model of that name is registered with the server.</summary>
public sealed class ServedModelNotFoundException : ServingException
{
    internal ServedModelNotFoundException(string model, IReadOnlyCollection<string> registered)
        : base(model, registered.Count == 0
            ? $"There is no model '{model}': none is registered. Register it with AddModel(\"{model}\", ...)."
            : $"There is no model '{model}'. Registered: {string.Join(", ", registered)}.") =>
        Registered = registered;

    /// <summary>Names that are registered, sorted.</summary>
    public IReadOnlyCollection<string> Registered { get; }
}

/// <summary>
/// The model is registered but no version of it serves: none was loaded yet, and the last failure to load is the inner exception; or the one that
/// serves accepts no more calls, because its runs do not end.
/// </summary>
public sealed class ModelUnavailableException : ServingException
{
    internal ModelUnavailableException(string model, ModelLoadException? lastFailure)
        : base(model, lastFailure is null
            ? $"No version of model '{model}' has been loaded yet. Start the host (or call ModelServer.StartAsync) first."
            : $"No version of model '{model}' serves, because the last load failed: {lastFailure.Message}", lastFailure)
    {
    }

    internal ModelUnavailableException(string model, ServedVersion version, string quarantine)
        : base(model, $"Model '{model}' version {version} accepts no calls: {quarantine}. Load another version, or restart the process.")
    {
    }
}

/// <summary>The runtime failed while it computed a prediction; the inner exception is the runtime's own.</summary>
public sealed class PredictionException : ServingException
{
    internal PredictionException(string model, ServedVersion version, Exception innerException, FailedRun? sharedRun = null)
        : base(model, $"Model '{model}' version {version} failed to predict: {innerException.Message}", innerException)
    {
        Version = version;
        SharedRun = sharedRun;
    }

    /// <summary>Version that failed.</summary>
    public ServedVersion Version { get; }

    /// <summary>The run that failed, where it may have failed for another call; <c>null</c> where it failed for this one.</summary>
    internal FailedRun? SharedRun { get; }
}

/// <summary>The version that the call asked for is not loaded.</summary>
public sealed class ModelVersionNotFoundException : ServingException
{
    internal ModelVersionNotFoundException(string model, long number, IReadOnlyCollection<long> loaded)
        : base(model, $"Model '{model}' has no version {number}. Loaded: {(loaded.Count == 0 ? "none" : string.Join(", ", loaded))}.")
    {
        Number = number;
        Loaded = loaded;
    }

    /// <summary>Number that was asked for.</summary>
    public long Number { get; }

    /// <summary>Numbers of the versions that are loaded.</summary>
    public IReadOnlyCollection<long> Loaded { get; }
}

/// <summary>
/// The inputs of a call do not fit the model: a wrong name, type, shape or count, or an output that the model does not have. Only this
/// call is affected.
/// </summary>
public sealed class InvalidInputException : ServingException
{
    internal InvalidInputException(string model, string detail)
        : base(model, $"Model '{model}' cannot take this call: {detail}.")
    {
    }
}

/// <summary>The call, or an outcome, was refused because it could not be served in time: too many wait. Try again after <see cref="RetryAfter"/>.</summary>
public sealed class ModelOverloadedException : ServingException
{
    internal ModelOverloadedException(string model, string detail, TimeSpan retryAfter)
        : base(model, $"Model '{model}' is overloaded: {detail}.") => RetryAfter = retryAfter;

    /// <summary>When room is expected, from now.</summary>
    public TimeSpan RetryAfter { get; }
}

/// <summary>The call was not answered within its time; whatever still runs for it is asked to end.</summary>
public sealed class PredictionTimeoutException : ServingException
{
    internal PredictionTimeoutException(string model, TimeSpan timeout)
        : base(model, $"Model '{model}' did not answer within {timeout}.") => Timeout = timeout;

    /// <summary>Time that the call had.</summary>
    public TimeSpan Timeout { get; }
}
