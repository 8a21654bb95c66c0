using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Mlops.Registry;

/// <summary>Names a version: <c>ridership/3</c> by its number, <c>ridership@champion</c> by an alias.</summary>
public readonly record struct ModelReference
{
    private const int MaximumNameLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private ModelReference(string model, string? alias, int? number)
    {
        Model = model;
        Alias = alias;
        Number = number;
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>The alias, or null when the number is given.</summary>
    public string? Alias { get; }

    /// <summary>The number, or null when an alias is given.</summary>
    public int? Number { get; }

    /// <summary>Reads <c>model/number</c> or <c>model@alias</c>.</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ModelReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out ModelReference reference)
            ? reference
            : throw new FormatException($"'{text}' names no version: write 'model/3' or 'model@alias', names of 1 to {MaximumNameLength} characters [A-Za-z0-9._-] that begin with a letter or digit.");
    }

    /// <summary>Reads <c>model/number</c> or <c>model@alias</c>; false when the text is neither.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelReference reference)
    {
        reference = default;
        int separator = text?.AsSpan().IndexOfAny('/', '@') ?? -1;
        if (text is null || separator < 0 || !IsName(text.AsSpan(0, separator)))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan(separator + 1);
        if (text[separator] == '@')
        {
            if (!IsName(rest))
            {
                return false;
            }

            reference = new ModelReference(text[..separator], rest.ToString(), null);
            return true;
        }

        if (!int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1)
        {
            return false;
        }

        reference = new ModelReference(text[..separator], null, number);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Alias is null ? $"{Model}/{Number?.ToString(CultureInfo.InvariantCulture)}" : $"{Model}@{Alias}";

    internal static ModelReference To(string model, string alias) => new(model, alias, null);

    internal static ModelReference To(string model, int number) => new(model, null, number);

    internal static void RequireName(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (!IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name: use 1 to {MaximumNameLength} characters [A-Za-z0-9._-] that begin with a letter or digit.", parameter);
        }
    }

    private static bool IsName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaximumNameLength && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(Allowed);
}
