using System.Text.Json;
using System.Text.Json.Serialization;
using Mlops.Onnx;

namespace Mlops.Registry;

/// <summary>What is stored as JSON: signatures, and the numbers and facts of evidence and gates.</summary>
internal static class RegistryJson
{
    public static string Write(OnnxSignature signature) => JsonSerializer.Serialize(
        new StoredSignature(Array.ConvertAll([.. signature.Inputs], ToStored), Array.ConvertAll([.. signature.Outputs], ToStored)),
        RegistryJsonContext.Default.StoredSignature);

    public static OnnxSignature ReadSignature(string json)
    {
        StoredSignature stored = JsonSerializer.Deserialize(json, RegistryJsonContext.Default.StoredSignature)!;
        return new OnnxSignature(Array.ConvertAll(stored.Inputs, FromStored), Array.ConvertAll(stored.Outputs, FromStored));
    }

    public static string Write(IReadOnlyDictionary<string, double> numbers) =>
        JsonSerializer.Serialize(new SortedDictionary<string, double>(numbers.ToDictionary(), StringComparer.Ordinal), RegistryJsonContext.Default.SortedDictionaryStringDouble);

    public static IReadOnlyDictionary<string, double> ReadNumbers(string json) =>
        JsonSerializer.Deserialize(json, RegistryJsonContext.Default.SortedDictionaryStringDouble)!;

    public static string Write(IReadOnlyDictionary<string, string> facts) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(facts.ToDictionary(), StringComparer.Ordinal), RegistryJsonContext.Default.SortedDictionaryStringString);

    public static IReadOnlyDictionary<string, string> ReadFacts(string json) =>
        JsonSerializer.Deserialize(json, RegistryJsonContext.Default.SortedDictionaryStringString)!;

    private static StoredValue ToStored(OnnxValue value) => new(
        value.Name, value.Kind, value.ElementType,
        value.Shape is null ? null : [.. value.Shape.Select(static dimension => new StoredDimension(dimension.Size, dimension.Symbol))]);

    private static OnnxValue FromStored(StoredValue value) => new(
        value.Name, value.Type,
        value.Shape is null ? null : Array.ConvertAll(value.Shape, static dimension => new OnnxDimension(dimension.Size, dimension.Symbol)),
        value.Kind);
}

internal sealed record StoredSignature(StoredValue[] Inputs, StoredValue[] Outputs);

internal sealed record StoredValue(string Name, OnnxValueKind Kind, OnnxElementType Type, StoredDimension[]? Shape);

internal sealed record StoredDimension(long Size, string? Symbol);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(StoredSignature))]
[JsonSerializable(typeof(SortedDictionary<string, double>))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class RegistryJsonContext : JsonSerializerContext;
