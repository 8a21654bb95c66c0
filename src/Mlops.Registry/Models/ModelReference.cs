using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Mlops.Registry;

/// <summary>
/// Names a version: by number, <c>ridership/3</c>, which never changes its meaning, or by alias, <c>ridership@champion</c>, which
/// means whatever the alias points to.
/// </summary>
public readonly record struct ModelReference
{
    private ModelReference(string model, string? alias, int? version)
    {
        Model = model;
        Alias = alias;
        Number = version;
    }

    /// <summary>The model's name.</summary>
    public string Model { get; }

    /// <summary>The alias, or null when the reference names a number.</summary>
    public string? Alias { get; }

    /// <summary>The number, at least 1, or null when the reference names an alias.</summary>
    public int? Number { get; }

    /// <summary>A reference by number.</summary>
    public static ModelReference ToVersion(string model, int version)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireVersion(version, nameof(version));
        return new ModelReference(model, null, version);
    }

    /// <summary>A reference by alias.</summary>
    public static ModelReference ToAlias(string model, string alias)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        return new ModelReference(model, alias, null);
    }

    /// <summary>Reads <c>model/number</c> or <c>model@alias</c>.</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ModelReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out ModelReference reference)
            ? reference
            : throw new FormatException(
                $"A model reference is model/number or model@alias, for example 'ridership/3' or 'ridership@champion'; got '{text[..Math.Min(text.Length, 300)]}'.");
    }

    /// <summary>Reads <c>model/number</c> or <c>model@alias</c>; false when the text is neither.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelReference reference)
    {
        reference = default;
        int at = text.AsSpan().IndexOfAny('/', '@');
        if (at < 0 || !Names.IsModel(text.AsSpan(0, at)))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan(at + 1);
        if (text![at] == '@')
        {
            if (!Names.IsAlias(rest))
            {
                return false;
            }

            reference = new ModelReference(text[..at], rest.ToString(), null);
            return true;
        }

        // One spelling per number: no sign, no leading zero.
        if (rest.IsEmpty || rest[0] == '0' || !int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        reference = new ModelReference(text[..at], null, number);
        return true;
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Alias is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Model}/{Number}")
        : $"{Model}@{Alias}";
}
