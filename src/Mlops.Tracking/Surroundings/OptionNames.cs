namespace Mlops.Tracking;

/// <summary>The options of a command line without their values.</summary>
internal static class OptionNames
{
    private const int MaximumLength = 64;

    /// <summary>
    /// <c>--name</c> of <c>--name</c> and <c>--name=value</c>, <c>-n</c> of everything that begins with one dash, because a value may follow
    /// it at once; nothing of other arguments and of those behind <c>--</c>. Each once, in their order.
    /// </summary>
    public static List<string> Of(IEnumerable<string> arguments)
    {
        List<string> names = [];
        foreach (string argument in arguments.TakeWhile(static argument => argument != "--"))
        {
            if (NameIn(argument) is { } name && !names.Contains(name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static string? NameIn(string argument)
    {
        if (argument.Length < 2 || argument[0] != '-')
        {
            return null;
        }

        if (argument[1] != '-')
        {
            return char.IsAsciiLetter(argument[1]) ? argument[..2] : null;
        }

        int end = argument.IndexOfAny(['=', ':']);
        string name = end < 0 ? argument : argument[..end];
        return name.Length is > 2 and <= MaximumLength && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-') ? name : null;
    }
}
