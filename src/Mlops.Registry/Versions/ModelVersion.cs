using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// One registered version of a model, as it was when it was read. Number, bytes, format, signature, run and source never change; stage,
/// description, tags and aliases may.
/// </summary>
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

    /// <summary>The number of its bytes; of a folder, those of the manifest.</summary>
    public required long Length { get; init; }

    /// <summary>What the bytes are: an ONNX model, a folder's manifest, an address, or something else.</summary>
    public required ModelFormat Format { get; init; }

    /// <summary>Its inputs and outputs when the bytes are an ONNX model, or null.</summary>
    public required OnnxSignature? Signature { get; init; }

    /// <summary>The tracked run it comes from, or null.</summary>
    public required string? RunId { get; init; }

    /// <summary>Where it came from, as the caller said it, or null. Text for people and other programs; nothing is ever fetched from it.</summary>
    public required string? Source { get; init; }

    /// <summary>Its stage.</summary>
    public required ModelStage Stage { get; init; }

    /// <summary>What people should know of it, or null.</summary>
    public required string? Description { get; init; }

    /// <summary>Who registered it.</summary>
    public required string Actor { get; init; }

    /// <summary>When it was registered, UTC.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>When its description, tags or stage last changed, UTC; otherwise when it was registered.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Its tags.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>The aliases that point to it, by the order of their bytes.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>The reference that always means this version, for example <c>ridership/3</c>.</summary>
    public ModelReference Reference => ModelReference.ToVersion(Model, Number);
}
