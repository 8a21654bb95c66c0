using System.Text.Json.Serialization;

namespace Quickstart;

/// <summary>Everything that the sample stores or sends between steps.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(DayEnd))]
[JsonSerializable(typeof(RetrainRequest))]
[JsonSerializable(typeof(CandidateDecision))]
[JsonSerializable(typeof(FeatureWindow))]
[JsonSerializable(typeof(ReplayDay))]
[JsonSerializable(typeof(int))]
internal sealed partial class QuickstartJson : JsonSerializerContext;
