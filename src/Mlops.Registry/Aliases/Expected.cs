namespace Mlops.Registry;

/// <summary>What must be true of an alias for it to be moved: the compare of compare-and-set.</summary>
public readonly record struct Expected
{
    private readonly bool _any;

    private Expected(bool any, int? number)
    {
        _any = any;
        Number = number;
    }

    /// <summary>The alias may name anything or nothing.</summary>
    public static Expected Any { get; } = new(any: true, null);

    /// <summary>The alias must name nothing yet. The default.</summary>
    public static Expected None => default;

    /// <summary>The version the alias must name, or null.</summary>
    public int? Number { get; }

    /// <summary>The alias must name this version.</summary>
    public static Expected Version(int number) => new(any: false, number);

    /// <summary>A version number, or null for an alias that names nothing.</summary>
    public static implicit operator Expected(int? number) => new(any: false, number);

    /// <inheritdoc/>
    public override string ToString() => _any ? "anything" : Number is { } number ? $"version {number}" : "no version";

    internal bool Matches(int? actual) => _any || actual == Number;
}
