using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>One registered version of a model. What it says never changes.</summary>
public sealed record ModelVersion
{
    internal ModelVersion()
    {
    }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>1, 2, 3, ... within the model.</summary>
    public required int Number { get; init; }

    /// <summary>The SHA-256 of its bytes.</summary>
    public required ContentHash Hash { get; init; }

    /// <summary>The number of its bytes.</summary>
    public required long Length { get; init; }

    /// <summary>What the bytes are: ONNX or something else.</summary>
    public required ModelFormat Format { get; init; }

    /// <summary>Its inputs and outputs when the bytes are an ONNX model, or null.</summary>
    public required OnnxSignature? Signature { get; init; }

    /// <summary>The tracked run it comes from, or null.</summary>
    public required string? RunId { get; init; }

    /// <summary>What people should know of it, or null.</summary>
    public required string? Description { get; init; }

    /// <summary>Who registered it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it was registered, UTC.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>The tags it was registered with.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>The reference that always means this version, for example <c>ridership/3</c>.</summary>
    public ModelReference Reference => ModelReference.ToVersion(Model, Number);
}
