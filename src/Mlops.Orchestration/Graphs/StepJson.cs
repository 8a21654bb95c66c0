using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>Values to UTF-8 JSON and back; what cannot be converted will not be convertible next time either.</summary>
internal static class StepJson
{
    public static byte[] Serialize<T>(T value, JsonTypeInfo<T> typeInfo, string key, string what = "result")
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(value, typeInfo);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new PermanentStepException($"The {what} of '{key}', a {typeof(T)}, cannot be serialised: {exception.Message}", exception);
        }
    }

    /// <summary>What a run is about to be started with.</summary>
    /// <exception cref="ArgumentException">It cannot be serialised.</exception>
    public static byte[] SerializeParameters<T>(T parameters, JsonTypeInfo<T> typeInfo)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(parameters, typeInfo);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new ArgumentException($"The parameters, a {typeof(T)}, cannot be serialised: {exception.Message} Give values that JSON holds.", nameof(parameters), exception);
        }
    }

    public static T Deserialize<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> typeInfo, string key)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, typeInfo)!;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new StepResultException(
                key,
                $"The stored value of '{key}' is no longer readable as {typeof(T)}: {exception.Message} "
                + "It was written by an earlier form of the type: make the type read it, or start a new run.",
                exception);
        }
    }
}
