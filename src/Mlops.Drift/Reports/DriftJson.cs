using System.Text.Json.Serialization;

namespace Mlops.Drift;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(TwelveDigits)])]
[JsonSerializable(typeof(DriftReport))]
[JsonSerializable(typeof(DriftAlert))]
internal sealed partial class DriftJson : JsonSerializerContext;
