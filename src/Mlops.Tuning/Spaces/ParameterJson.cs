using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Mlops.Tuning;

/// <summary>The stored form of a trial's parameters, <c>{"lambda":0.1,"lags":3,"kernel":"rbf"}</c>, and of domains: readable in SQL, exact on the way back.</summary>
internal static class ParameterJson
{
    public const string Empty = "{}";

    public static string Write(IEnumerable<KeyValuePair<string, ParameterValue>> parameters)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string name, ParameterValue value) in parameters)
            {
                Write(writer, name, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static List<KeyValuePair<string, ParameterValue>> Read(string json)
    {
        List<KeyValuePair<string, ParameterValue>> parameters = [];
        if (json.Length == 0 || json == Empty)
        {
            return parameters;
        }

        int capacity = Encoding.UTF8.GetMaxByteCount(json.Length);
        byte[] rented = ArrayPool<byte>.Shared.Rent(capacity);
        try
        {
            var reader = new Utf8JsonReader(rented.AsSpan(0, Encoding.UTF8.GetBytes(json, rented)));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("An object of values by name was expected.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                parameters.Add(new(name, ReadValue(ref reader)));
            }

            if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                throw new JsonException("The object has no end, or something follows it.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return parameters;
    }

    /// <summary>False, and nothing, when what is stored is damaged.</summary>
    public static bool TryRead(string json, out List<KeyValuePair<string, ParameterValue>> parameters)
    {
        try
        {
            parameters = Read(json);
            return true;
        }
        catch (Exception exception) when (StoredRow.IsDamage(exception))
        {
            parameters = [];
            return false;
        }
    }

    public static string WriteDomain(ParameterDomain domain)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", KindName(domain.Kind));
            if (domain.Kind is ParameterKind.Categorical or ParameterKind.Ordinal)
            {
                writer.WriteStartArray("choices");
                foreach (string choice in domain.Choices)
                {
                    writer.WriteStringValue(choice);
                }

                writer.WriteEndArray();
            }
            else if (domain.Kind != ParameterKind.Boolean)
            {
                writer.WriteNumber("low", domain.Low);
                writer.WriteNumber("high", domain.High);
                writer.WriteBoolean("log", domain.Log);
                if (domain.Step is { } step)
                {
                    writer.WriteNumber("step", step);
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static ParameterDomain ReadDomain(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        switch (root.GetProperty("kind").GetString())
        {
            case "boolean":
                return ParameterDomain.Boolean;
            case "categorical":
                return ParameterDomain.Categorical([.. root.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetString()!)]);
            case "ordinal":
                return ParameterDomain.Ordinal([.. root.GetProperty("choices").EnumerateArray().Select(static choice => choice.GetString()!)]);
            case "whole":
                return ParameterDomain.Whole(
                    root.GetProperty("low").GetInt32(), root.GetProperty("high").GetInt32(), root.GetProperty("log").GetBoolean(), root.GetProperty("step").GetInt32());
            case "real":
                return ParameterDomain.Real(
                    root.GetProperty("low").GetDouble(),
                    root.GetProperty("high").GetDouble(),
                    root.GetProperty("log").GetBoolean(),
                    root.TryGetProperty("step", out JsonElement step) ? step.GetDouble() : null);
            case var unknown:
                throw new JsonException($"There is no kind '{unknown}'.");
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, ParameterValue value)
    {
        if (value.IsText)
        {
            writer.WriteString(name, value.ToString());
        }
        else if (value.IsBoolean)
        {
            writer.WriteBoolean(name, value.Number != 0);
        }
        else
        {
            writer.WriteNumber(name, value.Number);
        }
    }

    private static ParameterValue ReadValue(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => new ParameterValue(reader.GetString()!),
        JsonTokenType.True => new ParameterValue(true),
        JsonTokenType.False => new ParameterValue(false),
        _ => new ParameterValue(reader.GetDouble()),
    };

    private static string KindName(ParameterKind kind) => kind switch
    {
        ParameterKind.Boolean => "boolean",
        ParameterKind.Categorical => "categorical",
        ParameterKind.Ordinal => "ordinal",
        ParameterKind.Whole => "whole",
        _ => "real",
    };
}
