using System.Globalization;

namespace Mlops.Registry;

/// <summary>
/// What an alias must point to for a change to happen. A number and null convert to it: <c>expected: current?.Number</c>.
/// </summary>
public readonly record struct Expected
{
    private readonly bool _any;
    private readonly int _number;

    private Expected(bool any, int number)
    {
        _any = any;
        _number = number;
    }

    /// <summary>The alias must point nowhere: it was never set, or was removed. The default.</summary>
    public static Expected None => default;

    /// <summary>Whatever the alias points to. The change overwrites what somebody else may have done meanwhile.</summary>
    public static Expected Any => new(true, 0);

    /// <summary>The alias must point to this version.</summary>
    public static Expected Version(int number)
    {
        Names.RequireVersion(number, nameof(number));
        return new Expected(false, number);
    }

    /// <summary><see cref="Version"/> for a number, <see cref="None"/> for null.</summary>
    public static implicit operator Expected(int? number) => number is { } known ? Version(known) : None;

    /// <summary>For example <c>version 3</c>, <c>no version</c>, <c>any version</c>.</summary>
    public override string ToString() => _any
        ? "any version"
        : _number == 0 ? "no version" : string.Create(CultureInfo.InvariantCulture, $"version {_number}");

    internal bool Allows(int? number) => _any || _number == number.GetValueOrDefault();
}
