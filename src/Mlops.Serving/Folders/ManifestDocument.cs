using System.Text.Json.Serialization;

namespace Mlops.Serving;

/// <summary>A manifest as it is written.</summary>
internal sealed record ManifestDocument(int Format, IReadOnlyList<ManifestModel> Models);

internal sealed record ManifestModel(string Name, bool Batching, IReadOnlyList<ManifestVersion> Versions);

internal sealed record ManifestVersion(long Number, IReadOnlyList<ListedFile> Files);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
