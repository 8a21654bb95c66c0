using System.Text.Json.Serialization;

namespace Mlops.Orchestration;

/// <summary>How messages in the outbox are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(PipelineRunTransition))]
[JsonSerializable(typeof(PipelineStepTransition))]
[JsonSerializable(typeof(PipelineApprovalRequest))]
internal sealed partial class TransitionContext : JsonSerializerContext;
