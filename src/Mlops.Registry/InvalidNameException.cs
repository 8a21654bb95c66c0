using System.Globalization;

namespace Mlops.Registry;

/// <summary>
/// A model or alias was called something that is no name. A model's has 1 to 256 characters of any script, without <c>/</c>, <c>:</c>,
/// <c>@</c>, invisible characters, and white space at its ends, and is not <c>.</c> or <c>..</c>; an alias's has 1 to 255 of <c>[A-Za-z0-9._-]</c>
/// and does not begin with a dot.
/// </summary>
public sealed class InvalidNameException : ArgumentException
{
    private InvalidNameException(string message, string name, string parameter)
        : base(message, parameter)
    {
        Name = name;
    }

    /// <summary>The name that was refused.</summary>
    public string Name { get; }

    internal static InvalidNameException ForModel(string name, string parameter) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"A model name has 1 to {Names.MaximumModelLength} characters without '/', ':', '@', invisible ones and white space at its ends; got '{Shorten(name)}'."),
        name, parameter);

    internal static InvalidNameException ForAlias(string name, string parameter) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"An alias name has 1 to {Names.MaximumAliasLength} letters, digits, '.', '_' or '-' and does not begin with '.'; got '{Shorten(name)}'."),
        name, parameter);

    private static string Shorten(string name) => name.Length <= 160 ? name : string.Concat(name.AsSpan(0, 160), "...");
}
