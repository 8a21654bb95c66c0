using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration.Testing;

/// <summary>What a run in memory gives to its steps.</summary>
public sealed class InMemoryOptions
{
    private readonly Dictionary<string, Func<JsonTypeInfo?, byte[]>> _replaced = new(StringComparer.Ordinal);

    /// <summary>Where <c>p.With&lt;TService&gt;()</c> takes services from, a scope per attempt; null without a container.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>Where steps get secrets from; null for none.</summary>
    public ISecretSource? Secrets { get; init; }

    /// <summary>Decides for people: receives the key of an approval step and its question. Approves everything unless set.</summary>
    public Func<string, string, bool> Decide { get; init; } = static (_, _) => true;

    internal IReadOnlyDictionary<string, Func<JsonTypeInfo?, byte[]>> Replaced => _replaced;

    /// <summary>Takes a result instead of running a step.</summary>
    /// <param name="step">The step's key; of an item, <c>group[key]</c>, and for all items of a group its name.</param>
    /// <param name="result">Of the step's type.</param>
    public InMemoryOptions Replace<T>(string step, T result)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        _replaced[step] = typeInfo => typeInfo is JsonTypeInfo<T> known
            ? StepJson.Serialize(result, known, step)
            : throw new ArgumentException($"'{step}' is replaced by a {typeof(T)}, but its result is {typeInfo?.Type.ToString() ?? "not a value"}.", nameof(result));
        return this;
    }
}
