using System.Security.Cryptography;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>All that a result depends on, a line per part (<c>name hash</c>), and the hash of it.</summary>
internal sealed record CacheKey(string Key, string Parts)
{
    public static CacheKey Of(StepAttempt attempt, CachePolicy policy)
    {
        PipelineNode node = attempt.Node;
        List<string> parts = [$"step {Hash($"{attempt.Graph.Pipeline}/{node.Key}")}", $"type {Hash(node.Signature)}", $"code {Hash(policy.Version ?? node.Code!)}"];
        int inputs = node.Inputs.Length - node.ParameterInputs;
        if (policy.UsesParameters)
        {
            parts.Add($"parameters {HashParameters(attempt)}");
        }

        parts.AddRange(node.CheckNames.Order(StringComparer.Ordinal).Select(static name => $"check {name} {Hash(name)}"));

        if (attempt.Step.Item is { } item)
        {
            parts.Add($"item {Hash(item)}");
        }

        // By position, not only by name: a step may take one input twice.
        for (int i = 0; i < inputs; i++)
        {
            parts.Add(FormattableString.Invariant($"input {node.Inputs[i].Name} {i} {attempt.HashInput(node.Inputs[i].Node)}"));
        }

        foreach ((string name, string value) in policy.Environment.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            parts.Add($"environment {name} {Hash(value)}");
        }

        string text = string.Join('\n', parts);
        return new CacheKey(Hash($"cache 1\n{text}"), text);
    }

    /// <summary>The parts of one key that another does not have, or has otherwise.</summary>
    public static List<string> Compare(string now, string before)
    {
        Dictionary<string, string> old = Split(before);
        Dictionary<string, string> fresh = Split(now);
        return [.. fresh.Where(part => old.GetValueOrDefault(part.Key) != part.Value).Select(static part => part.Key)
            .Concat(old.Keys.Where(name => !fresh.ContainsKey(name)))
            .Select(Describe).Distinct().Order(StringComparer.Ordinal)];
    }

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Of the step's own scope: made from those around it, a result, or what the run was started with.</summary>
    private static string HashParameters(StepAttempt attempt)
    {
        PipelineNode node = attempt.Node;
        if (node.Scope.Made is { } made)
        {
            // Never as the run's would be hashed: keys once held those in this place, with results of other parameters.
            return Hash($"made {Hash(made.Serialize(attempt))}");
        }

        return node.ParameterInputs == 0 ? Hash(attempt.Step.Run.Parameters) : attempt.HashInput(node.Inputs[^node.ParameterInputs].Node);
    }

    private static string Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));

    private static Dictionary<string, string> Split(string parts) => parts.Split('\n')
        .ToDictionary(static part => part[..part.LastIndexOf(' ')], static part => part[(part.LastIndexOf(' ') + 1)..], StringComparer.Ordinal);

    /// <summary>Without the position of an input.</summary>
    private static string Describe(string name) =>
        name.StartsWith("input ", StringComparison.Ordinal) ? name[..name.LastIndexOf(' ')] : name;
}
