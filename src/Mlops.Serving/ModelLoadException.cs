namespace Mlops.Serving;

/// <summary>A version of a model could not be put into service. The version that served before still does.</summary>
public sealed class ModelLoadException : ServingException
{
    /// <summary>Creates the exception; runtimes and sources throw it with the reason that fits.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="reason">Why it was refused.</param>
    /// <param name="detail">What was expected and what was seen, one or more sentences.</param>
    /// <param name="innerException">Cause, if any.</param>
    public ModelLoadException(string model, ModelLoadFailure reason, string detail, Exception? innerException = null)
        : base(model, $"Model '{model}' was not loaded ({reason}): {detail}", innerException) =>
        Reason = reason;

    /// <summary>Why the version was refused.</summary>
    public ModelLoadFailure Reason { get; }
}

/// <summary>Why a version of a model was not put into service.</summary>
public enum ModelLoadFailure
{
    /// <summary>The source has no model to offer, for example because the alias points nowhere yet.</summary>
    NothingToServe,

    /// <summary>The source could not be read.</summary>
    SourceFailed,

    /// <summary>The file is longer than <see cref="ModelOptions.MaximumModelBytes"/>.</summary>
    TooLarge,

    /// <summary>The bytes are not those that the source announced.</summary>
    DigestMismatch,

    /// <summary>The runtime cannot read or build the model.</summary>
    InvalidModel,

    /// <summary>The model reaches for files or code outside itself.</summary>
    UnsafeModel,

    /// <summary>The model is sound but has inputs or outputs that cannot be served.</summary>
    Unsupported,

    /// <summary>Inputs or outputs differ from what the predictor declares or from the version that serves.</summary>
    SignatureMismatch,

    /// <summary>The first runs failed.</summary>
    WarmupFailed,

    /// <summary>The first runs gave NaN or infinity, whatever the input.</summary>
    NotFinite,

    /// <summary>The size of an output is known only after a run, and <see cref="ModelOptions.AllowUnknownOutputSizes"/> is off.</summary>
    UnknownOutputSize,

    /// <summary>The outputs for the golden samples are not those that were recorded.</summary>
    GoldenSampleMismatch,

    /// <summary>Loading it would take more memory than <see cref="ModelOptions.MaximumMemoryBytes"/>.</summary>
    OutOfMemory,

    /// <summary>The version was taken out of service because it failed, and is not put back by itself.</summary>
    Quarantined,
}
