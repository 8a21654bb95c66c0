namespace Mlops.Registry;

/// <summary>A model or alias was called something that the grammar <c>[A-Za-z0-9][A-Za-z0-9._-]{0,127}</c> does not allow.</summary>
public sealed class InvalidNameException : ArgumentException
{
    internal InvalidNameException(string what, string name, string parameter)
        : base($"{(what[0] is 'a' ? "An" : "A")} {what} name has 1 to 128 letters, digits, '.', '_' or '-' and begins with a letter or a digit; got '{Shorten(name)}'.", parameter)
    {
        Name = name;
    }

    /// <summary>The name that was refused.</summary>
    public string Name { get; }

    private static string Shorten(string name) => name.Length <= 160 ? name : string.Concat(name.AsSpan(0, 160), "...");
}
