using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What users may call things. The limits are those of MLflow, so that its clients can read every run.</summary>
internal static class Names
{
    public const int MaximumKeyLength = 250;
    public const int MaximumNameLength = 250;
    public const int MaximumParameterLength = 6_000;
    public const int MaximumTagLength = 8_000;

    /// <summary>Keys of parameters, metrics and tags: letters, digits and <c>_ - . : / space</c>, and a path in its normal form.</summary>
    public static void RequireKey(string key, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(key, parameter);
        if (key.Length > MaximumKeyLength)
        {
            throw new ArgumentException($"A key has at most {MaximumKeyLength} characters, got {key.Length}: '{key[..32]}...'.", parameter);
        }

        foreach (char c in key)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('_' or '-' or '.' or ':' or '/' or ' '))
            {
                throw new ArgumentException($"A key holds letters, digits and '_', '-', '.', ':', '/', ' '; '{key}' holds U+{(int)c:X4}.", parameter);
            }
        }

        if (!IsNormalPath(key))
        {
            throw new ArgumentException($"A key reads as a path without empty, '.' or '..' segments; got '{key}'.", parameter);
        }
    }

    /// <summary>Names of experiments and runs: any text on one line.</summary>
    public static void RequireName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        if (name.Length > MaximumNameLength)
        {
            throw new ArgumentException($"A name has at most {MaximumNameLength} characters, got {name.Length}: '{name[..32]}...'.", parameter);
        }

        foreach (char c in name)
        {
            if (char.IsControl(c))
            {
                throw new ArgumentException($"A name holds no control characters; found U+{(int)c:X4}.", parameter);
            }
        }

        RequireStorable(name);
    }

    /// <summary>A key and a value of a tag; the value of <see cref="RunTags.Name"/> is a name.</summary>
    public static void RequireTag(string key, string value, string parameter)
    {
        RequireKey(key, parameter);
        RequireValue(value, MaximumTagLength, parameter);
        if (key == RunTags.Name)
        {
            RequireName(value, parameter);
        }
    }

    public static void RequireValue(string value, int maximum, string parameter)
    {
        ArgumentNullException.ThrowIfNull(value, parameter);
        if (value.Length > maximum)
        {
            throw new ArgumentException($"A value has at most {maximum} characters, got {value.Length}; log longer texts as an artifact.", parameter);
        }

        RequireStorable(value);
    }

    /// <summary>Refuses here what no database takes, and not later in the write that many items share.</summary>
    private static void RequireStorable(string text)
    {
        SqlValue _ = text;
    }

    private static bool IsNormalPath(string key)
    {
        foreach (Range segment in key.AsSpan().Split('/'))
        {
            if (key.AsSpan(segment) is "" or "." or "..")
            {
                return false;
            }
        }

        return true;
    }
}
