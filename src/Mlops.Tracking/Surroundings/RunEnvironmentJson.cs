using System.Text.Json.Serialization;

namespace Mlops.Tracking;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunEnvironment))]
internal sealed partial class RunEnvironmentJson : JsonSerializerContext;
