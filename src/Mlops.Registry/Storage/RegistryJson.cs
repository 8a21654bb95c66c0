using System.Text.Json.Serialization;

namespace Mlops.Registry;

[JsonSerializable(typeof(IReadOnlyList<GateEvidence>))]
internal sealed partial class RegistryJson : JsonSerializerContext;
