using System.Text.Json.Serialization;

namespace NightlyRetrain;

/// <summary>Everything that a run of the pipeline stores.</summary>
[JsonSerializable(typeof(Night))]
[JsonSerializable(typeof(Dataset))]
[JsonSerializable(typeof(Score))]
[JsonSerializable(typeof(Candidate))]
[JsonSerializable(typeof(Comparison))]
[JsonSerializable(typeof(double[]))]
[JsonSerializable(typeof(IReadOnlyList<Score>))]
[JsonSerializable(typeof(IReadOnlyList<Day>))]
internal sealed partial class NightJson : JsonSerializerContext;
