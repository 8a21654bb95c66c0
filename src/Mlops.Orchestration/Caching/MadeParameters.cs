using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>Parameters of a pipeline within another that are made from that one's own, and stored nowhere.</summary>
internal abstract class MadeParameters
{
    /// <summary>Looks up their serialisation, which keys of the cache need; the type of them when no context knows it.</summary>
    public abstract Type? Resolve(TypeCatalog types);

    /// <summary>Makes them for the key of an attempt.</summary>
    public abstract byte[] Serialize(StepAttempt attempt);
}

internal sealed class MadeParameters<T>(Func<StepAttempt, T> make) : MadeParameters
{
    private JsonTypeInfo<T>? _typeInfo;

    /// <summary>
    /// An attempt whose key holds them reads what the key holds: nothing that the serialisation leaves out, or that comes out otherwise the
    /// second time, gets into a result.
    /// </summary>
    /// <exception cref="PermanentStepException">The type does not read what it writes.</exception>
    public T Read(StepAttempt attempt)
    {
        if (attempt.KeyParameters is not { } known)
        {
            return make(attempt);
        }

        try
        {
            return JsonSerializer.Deserialize(known, _typeInfo!)!;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new PermanentStepException(
                $"The parameters of '{attempt.Step.Key}' do not read as {typeof(T)} what they write, which a step with a cache needs: {exception.Message} "
                + "Make the type read it, or set UsesParameters = false where the step does not read them.",
                exception);
        }
    }

    public override Type? Resolve(TypeCatalog types)
    {
        _typeInfo = types.Find<T>();
        return _typeInfo is null ? typeof(T) : null;
    }

    public override byte[] Serialize(StepAttempt attempt) =>
        attempt.KeyParameters = StepJson.Serialize(make(attempt), _typeInfo!, attempt.Step.Key, "parameters");
}
