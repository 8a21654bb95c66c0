namespace Mlops.Tuning;

/// <summary>A trial's constraints as stored, <c>{"latency":-1.5}</c>, and what SQL can filter by.</summary>
internal static class ConstraintValues
{
    public static string Write(IEnumerable<KeyValuePair<string, double>> constraints) =>
        ParameterJson.Write(constraints.Select(static constraint => KeyValuePair.Create(constraint.Key, new ParameterValue(constraint.Value))));

    public static OrderedDictionary<string, double> Read(string? stored) => new(
        ParameterJson.Read(stored ?? ParameterJson.Empty).Select(static constraint => KeyValuePair.Create(constraint.Key, constraint.Value.Number)), StringComparer.Ordinal);

    /// <summary>The same, and none where they are damaged.</summary>
    public static OrderedDictionary<string, double> ReadWhereSound(string? stored) => ParameterJson.TryRead(stored ?? ParameterJson.Empty, out _) ? Read(stored) : new(StringComparer.Ordinal);

    /// <summary>By how much all constraints together are missed; 0 when all are satisfied, bounded so that it can be stored and compared.</summary>
    public static double Violation(IReadOnlyDictionary<string, double> constraints) =>
        Math.Min(double.MaxValue, constraints.Values.Sum(static value => Math.Max(0, value)));
}
