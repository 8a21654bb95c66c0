using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>Texts as they come from outside.</summary>
internal static class WireText
{
    /// <summary>Refuses what a database or a log cannot hold.</summary>
    public static string Require(string text, string parameter)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw ProtocolException.Invalid($"Invalid value for parameter '{parameter}' supplied: it holds the character U+0000.");
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && ++i < text.Length && char.IsLowSurrogate(text[i])))
            {
                throw NotUnicode(parameter);
            }
        }

        return text;
    }

    /// <summary>A JSON string; the reader throws for escapes of lone surrogates and for bytes that are no UTF-8.</summary>
    public static string Read(JsonElement element, string parameter)
    {
        try
        {
            return Require(element.GetString() ?? "", parameter);
        }
        catch (InvalidOperationException)
        {
            throw NotUnicode(parameter);
        }
    }

    /// <inheritdoc cref="Read(JsonElement, string)"/>
    public static string Read(ref Utf8JsonReader reader, string parameter)
    {
        try
        {
            return Require(reader.GetString() ?? "", parameter);
        }
        catch (InvalidOperationException)
        {
            throw NotUnicode(parameter);
        }
    }

    /// <summary>The text, or as much of it as the limit allows without cutting a character in two.</summary>
    public static string Truncate(string text, int maximum)
    {
        if (text.Length <= maximum)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[maximum - 1]) ? maximum - 1 : maximum)];
    }

    public static ProtocolException NotUnicode(string parameter) =>
        ProtocolException.Invalid($"Invalid value for parameter '{parameter}' supplied: it is no valid Unicode text.");
}
