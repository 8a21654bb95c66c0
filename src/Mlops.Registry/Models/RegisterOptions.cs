namespace Mlops.Registry;

/// <summary>What is recorded with a version.</summary>
public sealed record RegisterOptions
{
    /// <summary>The run that made it.</summary>
    public string? RunId { get; init; }

    /// <summary>What a reader should know.</summary>
    public string? Description { get; init; }

    /// <summary>What the bytes are. Default ONNX.</summary>
    public ModelFormat Format { get; init; }

    /// <summary>A key of the caller's: repeating the call with the same key returns the version that the first call made.</summary>
    public string? IdempotencyKey { get; init; }
}
